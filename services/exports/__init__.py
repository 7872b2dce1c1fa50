"""Exports of all data of one organisation: asked for, written in the background, downloaded."""
