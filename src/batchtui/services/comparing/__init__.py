"""Comparing, part by part: sides, files of answers, reading pairs, ranking, requests and labels."""
