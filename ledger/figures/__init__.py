"""Figures of authorities: facts counted by period, product and packer."""
