"""The program that trains the embedded models: tasks → documents → training → GGUF → checks."""
