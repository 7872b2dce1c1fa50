"""Load tests of the whole service: a day (locust), peaks (wrk), a steady stream of scans."""
