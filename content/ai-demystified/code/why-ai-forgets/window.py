WINDOW, SYSTEM, QUESTION, ANSWER = 4_000, 400, 150, 350

def request(turn):
    """Tokens sent for this turn, and the first turn in view."""
    first = 1
    while True:
        older = (turn - first) * (QUESTION + ANSWER)
        sent = SYSTEM + older + QUESTION
        if sent + ANSWER <= WINDOW:    # the answer, too
            return sent, first
        first += 1                     # drop the oldest turn

total = 0
for turn in range(1, 41):
    sent, first = request(turn)
    total += sent
    if turn in (1, 4, 7, 8, 12, 40):
        view = f"turns {first}-{turn}"
        print(f"turn {turn:2}: send {sent:5,}, {view:11} "
              f"{total:7,} tokens so far")
