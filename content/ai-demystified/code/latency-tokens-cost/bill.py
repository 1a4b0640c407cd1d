instructions, question, answer = 1_500, 100, 250
sent = written = 0
for turn in range(10):
    sent += instructions + turn * (question + answer) + question
    written += answer
dollars_in, dollars_out = sent * 3 / 1e6, written * 15 / 1e6
print(f"in  {sent:6,} tokens  ${dollars_in:.4f}")
print(f"out {written:6,} tokens  ${dollars_out:.4f}")
print(f"the questions themselves: {10 * question:,} tokens")
