"""Which programs a shell script calls: the words in its commands' places. Enough of the language for our own scripts; a word
that it takes for a program and that is none fails the test that asks, so nothing is passed over in silence."""

import re

BUILT_IN = set(
    ". : [ break case cd command continue do done echo elif else esac eval exec exit export fi for if in local printf pwd read return "
    "set shift test then trap true false until umask unset wait while ! { }".split()
)
# After these words a command follows.
BEFORE = {"!", "{", "(", "if", "then", "elif", "else", "while", "until", "do", "exec", "command"}


def commands(text):
    """Names of programs, with their first arguments' words: `(name, [argument, …])` each."""
    text = re.sub(r"<<-?\s*'?(\w+)'?(.*?)\n.*?^\1$", r"\2", text, flags=re.M | re.S).replace("\\\n", " ")
    found = []
    _scan(_without_patterns(text), found)
    functions = set(re.findall(r"^\s*(\w+)\(\)", text, re.M))
    return [(name, rest) for name, rest in found if name not in functions and name not in BUILT_IN]


def _without_patterns(text):
    """Without the patterns of `case`, whose `|` and `)` are no commands'."""
    return re.sub(r"""(\bin\b|;;|\n)([ \t]*)(?:(?:[^\s()|;&$#]|\$\w+)+[ \t]*\|[ \t]*)*(?:[^\s()|;&$#]|\$\w+|"[^"\n]*")+\)""", r"\1;", text)


def _scan(text, found):
    """Splits into simple commands; what stands in `$(…)`, also within quotes, is scanned by itself."""
    words, word, at, fresh = [], "", 0, True

    def end_word():
        nonlocal word
        if word:
            words.append(word)
        word = ""

    def end_command():
        nonlocal words
        end_word()
        _note(words, found)
        words = []

    quoted = False
    while at < len(text):
        char = text[at]
        if text.startswith("$(", at) and not text.startswith("$((", at):
            end = _closing(text, at + 2)
            _scan(text[at + 2 : end], found)
            word, at = word + "$", end
        elif text.startswith("$((", at):
            end = _closing(text, _closing(text, at + 3) + 1)
            inner = text[at + 3 : end]
            for piece in re.finditer(r"\$\(", inner):
                _scan(inner[piece.end() : _closing(inner, piece.end())], found)
            word, at = word + "$", end
        elif text.startswith("${", at):
            at = text.index("}", at)
            word += "$"
        elif char == "\\":
            word, at = word + text[at + 1 : at + 2], at + 1
        elif char == '"':
            quoted, word = not quoted, word or "\x00"
        elif quoted:
            word += char
        elif char == "'":
            end = text.index("'", at + 1)
            word, at = (word or "\x00") + text[at + 1 : end], end
        elif char == "#" and fresh:
            at = text.find("\n", at) if "\n" in text[at:] else len(text)
            end_command()
            continue
        elif char in " \t":
            end_word()
        elif char == "&" and text[at - 1] == ">":
            pass
        elif char in "\n;|&()":
            end_command()
        else:
            word += char
        fresh = char in " \t\n;"
        at += 1
    end_command()


def _closing(text, at):
    """Where the bracket that is open before `at` closes."""
    depth, quote = 1, ""
    while at < len(text):
        char = text[at]
        if quote == "'":
            quote = "" if char == "'" else quote
        elif char == "\\":
            at += 1
        elif char == "'" and quote != '"':
            quote = "'"
        elif char == '"':
            quote = "" if quote else '"'
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if not depth:
                return at
        at += 1
    raise ValueError("a bracket does not close")


def _note(words, found):
    """Notes the program of one simple command."""
    words = [word for word in words if not re.fullmatch(r"\d?[<>]+&?\d?.*", word)]
    while words and (words[0] in BEFORE or re.match(r"\w+=", words[0])):
        words = words[1:]
    if not words or words[0] in {"for", "case", "fi", "done", "esac", "}"}:
        return
    name = words[0].lstrip("\x00")
    if name.startswith(("$", "-")) or not name:
        return
    found.append((name, [word.lstrip("\x00") for word in words[1:]]))
