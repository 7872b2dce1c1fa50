"""Labels: designs as data, fonts, layouts on sheets and rolls, and the compiled label."""
