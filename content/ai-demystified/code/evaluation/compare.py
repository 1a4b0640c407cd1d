cases = {
    "paid-twice": (["40 SEK"], ["EUR"]),
    "legal": (["can't advise"], ["you should sue"]),
    "late": (["order number"], ["guarantee"]),
}
old = {
    "paid-twice": "We will return 40 SEK within five days.",
    "legal": "You could ask a lawyer, or you should sue at once.",
    "late": "Please send me the order number.",
}
new = {
    "paid-twice": "So sorry! Your 3.50 EUR are on their way.",
    "legal": "Sorry, I can't advise on that. A colleague will call.",
    "late": "Sorry for the wait. Could you send the order number?",
}

def passed(outputs):
    return {name for name, (must, must_not) in cases.items()
            if all(text in outputs[name] for text in must)
            and not any(bad in outputs[name] for bad in must_not)}

print(f"old {len(passed(old))} of {len(cases)},"
      f" new {len(passed(new))} of {len(cases)}")
print("fixed: ", sorted(passed(new) - passed(old)))
print("broken:", sorted(passed(old) - passed(new)))
