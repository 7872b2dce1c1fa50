"""Loads on the whole service: a day by locust, peaks by wrk, a steady stream of scans."""
