source = """Up to five days of unused leave carry over into
the next calendar year and lapse on March 31."""
quotes = ["five days of unused leave carry over",
          "ten days may be carried over on request"]

def flat(text):
    return " ".join(text.lower().split())

for quote in quotes:
    found = flat(quote) in flat(source)
    print("found  " if found else "MISSING", quote)
