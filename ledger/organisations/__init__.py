"""Organisations with their products and places, and what ends when one is disabled."""
