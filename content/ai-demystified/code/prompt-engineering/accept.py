import json

answer = """{"reason": "payslip missing, no access",
 "topics": ["payslip", "logn"],
 "quote": "cannot log in", "urgent": false}"""
email = "Payslip missing, and I can't log in since Tuesday."
KNOWN = {"payslip", "login", "address"}

def problems(text, email):
    data = json.loads(text)                    # form
    found = [f"unknown topic: {t}"
             for t in data["topics"] if t not in KNOWN]
    if data["quote"] not in email:             # content
        found.append(f"not in the email: {data['quote']!r}")
    return found

for line in problems(answer, email) or ["ok"]:
    print(line)
