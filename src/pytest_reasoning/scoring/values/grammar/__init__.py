"""The grammar of numbers, from characters over tokens and quantities to what a place states."""
