"""The words and symbols that generators draw from; changing a list changes every suite that uses it."""

from __future__ import annotations

CONSONANTS = "bcdfghjklmnpqrstvwxz"
VOWELS = "aeiouy"

FIRST_NAMES = tuple(
    "Ada Amir Anika Ben Bruno Carla Chen Clara Dalia David Diego Elena Emil Esra Farid Fatima Felix Greta Hana "
    "Hugo Ida Igor Ines Ivan Jamal Jana Jonas Kaito Karim Katja Lars Leila Lena Luca Maja Marco Mei Mila Nadia "
    "Nils Nora Olga Omar Oskar Paula Pedro Priya Quinn Rafael Rosa Ruben Samira Sara Sven Tara Theo Tomas Uma "
    "Vera Viktor Wanda Xenia Yara Yusuf Zoe".split()
)
LAST_NAMES = tuple(
    "Abe Adler Aziz Bauer Berg Bianchi Bose Cohen Costa Cruz Dahl Diaz Dubois Engel Evans Falk Ferrari Fischer "
    "Garcia Gupta Haas Hansen Horvat Ito Ivanov Jansen Jung Kaya Keller Khan Kim Klein Kovacs Lang Larsen Lopez "
    "Maier Meyer Moreau Nagy Nakamura Novak Okafor Olsen Ortiz Park Patel Peters Quist Reyes Rossi Roth Santos "
    "Sato Schmidt Silva Singh Stein Tanaka Torres Ueda Vogel Wagner Weber Wong Xu Yilmaz Young Zhang "
    "Ziegler".split()
)
SYMBOLS = {
    "arrows": "←↑→↓↔↕↖↗↘↙",
    "digits": "0123456789",
    "greek": "αβγδεζηθικλμνξοπρστυφχψω",
    "letters": "abcdefghijklmnopqrstuvwxyz",
    "punctuation": "!#$%&*+-/<=>?@^~",
    "shapes": "■□▲△●○◆◇★☆",
}
