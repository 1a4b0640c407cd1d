def seconds(prompt, answer,
            network=0.15, queue=0.25, read=5_000, write=50):
    first = network + queue + prompt / read
    total = first + answer / write
    return first, total

requests = [("demo", 400, 80), ("with passages", 6_000, 80),
            ("long answer", 400, 600)]
for name, prompt, answer in requests:
    first, total = seconds(prompt, answer)
    print(f"{name:14} first token {first:.2f} s, done {total:.2f} s")
