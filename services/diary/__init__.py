"""The diary: growers, traders, carriers and laboratories tell their work as entries."""
