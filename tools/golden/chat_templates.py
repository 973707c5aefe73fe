"""Makes Tests/TokenizersTests/Fixtures/chat_templates.json: templates, variables, and what Jinja makes of them.

The conversations are in the style of widespread models; their templates, in templates/, are written for this
test. Needs the Python packages `transformers` and `jinja2`. Run from anywhere:
    python tools/golden/chat_templates.py
"""

import json
import pathlib
import sys
import time

# The folder of this file has a module with the name of a package.
HERE = pathlib.Path(__file__).resolve().parent
sys.path = [entry for entry in sys.path if pathlib.Path(entry or ".").resolve() != HERE]

import jinja2  # noqa: E402
from transformers.utils import chat_template_utils  # noqa: E402

OUTPUT = HERE.parent.parent / "Tests" / "TokenizersTests" / "Fixtures" / "chat_templates.json"
NOON = 1721995200  # 26 July 2024, noon in UTC: the same day in most time zones.

USER = {"role": "user", "content": "  What is 2 + 2? \u00bfQu\u00e9? \U0001f600\n"}
ANSWER = {"role": "assistant", "content": "<think>\nsums\n</think>\n\nFour. "}
SYSTEM = {"role": "system", "content": "You are terse.\nAlways."}
CALL = {"role": "assistant", "content": None, "tool_calls": [
    {"id": "abcdef123", "type": "function", "function": {
        "name": "weather", "arguments": {"city": "K\u00f6ln", "days": 2, "deep": {"a": [1, 2.5, None, True]}}}}]}
RESULT = {"role": "tool", "tool_call_id": "abcdef123", "content": "{\"celsius\": 21.5}"}
PARTS = {"role": "user", "content": [{"type": "text", "text": " Look: "}, {"type": "image"}]}
TOOLS = [
    {"type": "function", "function": {
        "name": "weather", "description": "The \"weather\" <now> & later", "return": {"type": "number"},
        "parameters": {"type": "object", "properties": {
            "city": {"type": "string"}, "days": {"type": ["integer", "null"]},
            "unit": {"type": "string", "enum": ["c", "f"]}}, "required": ["city"]}}},
    {"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}},
]
CONVERSATIONS = {
    "short": [USER], "system": [SYSTEM, USER], "turns": [SYSTEM, USER, ANSWER, USER],
    "no-system": [USER, ANSWER, USER, ANSWER], "tool": [USER, CALL, RESULT, ANSWER, USER],
    "answered": [SYSTEM, USER, CALL, RESULT, RESULT], "parts": [PARTS], "wrong-order": [ANSWER, USER], "empty": [],
}

SNIPPETS = [
    # White space around tags.
    "a\n{% if true %}\nb\n{% endif %}\nc\n", "a\n   {% if true %}   \n  b\n   {% endif %}\nc\n\n", "  {{ 1 }}  \n  {{ 2 }}\n",
    "a  {%- if true -%}  b  {%- endif -%}  c", "x {#- c -#} y {# d #}\nz\n{# e #}\nw", "a\n  {%+ if true +%}\n b\n{% endif %}",
    "{% raw %}\n {{ x }} {% y %}{% endraw %}\nz", "  {%- raw -%}  {{ x }}  {%- endraw -%}  z", "{{ '}}' }}{{ \"{%\" }}{{ {'a': {'b': 1}}['a'] }}",
    "a\r\nb\rc\n{% set x = 1 %}\r\n{{ x }}", "{{- ' x' -}}   \n\n y", "{% for i in range(2) %}\n  * {{ i }}\n{% endfor %}\nend",
    "   {% set a = 1 %}   {% set b = 2 %}{{ a + b }}", "{%- set a -%}  x  {%- endset -%}[{{ a }}]", "\n\n{% if 1 %}x{% endif %}\n\n",
    # Literals and operators.
    r"{{ 'a\tb\n\\\'\x41\u00e9\U0001F600\q' }}{{ \"it's\" }}{{ 'x' 'y' }}".replace('\\"', '"'), "{{ 1_000 + 1 }}", "{{ 1.5e3 }} {{ 2.0 }} {{ 1e16 }} {{ 1e-5 }} {{ 0.1 + 0.2 }}",
    "{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 7.5 // 2 }} {{ -7.5 % 2 }}",
    "{{ 1 + 2 * 3 - 4 }} {{ (1 + 2) * 3 }} {{ -2 ** 2 }} {{ 1 ~ 2 ~ 'x' ~ none ~ true }} {{ 'ab' * 3 }} {{ [1] + [2] }} {{ [0] * 3 }}",
    "{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 1 == 1.0 }} {{ true == 1 }} {{ 'a' < 'b' }} {{ 'e\u0301' == '\u00e9' }} {{ [1, 2] < [1, 3] }}",
    "{{ 'b' in 'abc' }} {{ 2 in [1, 2] }} {{ 'k' in {'k': 1} }} {{ 3 not in (1, 2) }} {{ not 1 in [2] }} {{ '' in 'a' }}",
    "{{ 1 and 0 }} {{ 0 or 'x' }} {{ not '' }} {{ none or false }} {{ 1 if false }}|{{ 1 if true else 2 }} {{ 'a' if 0 else 'b' if 0 else 'c' }}",
    "{{ true }} {{ None }} {{ [1, 'a', none, 2.5, \"q'\", 'n\n'] }} {{ {'a': 1, 'b': (1,)} }} {{ (1, 2) }} {{ () }}",
    "{{ [1,2,3][-1] }} {{ [1,2,3][5] }}| {{ 'h\u00e9llo'[1:3] }} {{ [1,2,3,4][::2] }} {{ [1,2,3,4][::-1] }} {{ 'abc'[-2:] }} {{ [1,2,3][1:][0] }} {{ 'abc'[::-1] }} {{ [1,2,3,4,5][-1:0:-2] }}",
    "{{ x }}|{{ d.k }}{{ d['k'] }}{{ d.missing }}|{{ d['missing'] }}|{{ d['items'] }}", "{{ -3|abs }} {{ 3|string ~ 'x' }} {{ 'a' ~ 'b'|upper }} {{ 'a' + 'b'|upper }}",
    # Variables and scopes.
    "{% set x = 1 %}{% for i in [1,2] %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}", "{% set n = namespace(c=0) %}{% for i in range(5) %}{% set n.c = n.c + i %}{% endfor %}{{ n.c }}",
    "{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set t = 1, %}{{ t }}", "{% if true %}{% set v = 1 %}{% endif %}{{ v }}", "{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a }}|",
    "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}{% for k in d %}{{ k }}{% endfor %}", "{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
    "{% for x in [1,2,3,4] if x is even %}{{ loop.index }}/{{ loop.length }}:{{ x }} {% else %}none{% endfor %}", "{% for x in [] %}{% else %}empty{% endfor %}",
    "{% for x in 'abc' %}{{ loop.first }}{{ loop.last }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.depth }}{{ loop.cycle(1,2) }} {% endfor %}",
    "{% for x in range(10) %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 5 %}{% break %}{% endif %}{{ x }}{% endfor %}", "{% for x in [1,2] %}{% for y in [3,4] %}{{ loop.index }}{{ x }}{{ y }}{% endfor %}{{ loop.index }}{% endfor %}",
    "{% for x in undefined_thing %}x{% else %}e{% endfor %}", "{% for c in '\r\n\U0001f468\u200d\U0001f469' %}[{{ c }}]{% endfor %}",
    # Macros.
    "{% macro m(a, b=2, c=b) %}{{ a }}{{ b }}{{ c }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1) }} {{ m(1, 3) }} {{ m(1, c=5, d=6) }} {{ m(1,2,3,4) }} {{ m() }}",
    "{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}", "{% macro m() %}<{{ caller('x') }}>{% endmacro %}{% call(v) m() %}{{ v }}!{% endcall %}",
    "{% set g = 1 %}{% macro m() %}{{ g }}{% endmacro %}{{ m() }}{% set r = m() | int + 1 %}{{ r }}", "{% filter upper | trim %}  abc {{ 1 }} {% endfilter %}", "{% set x | upper | trim %} abc {% endset %}{{ x }}",
    # Tests.
    "{{ x is defined }} {{ d is defined }} {{ d.q is undefined }} {{ none is none }} {{ 's' is string }} {{ d is mapping }} {{ d is iterable }} {{ 's' is iterable }} {{ 1 is iterable }} {{ [1] is sequence }} {{ d is sequence }} {{ 1 is number }} {{ true is number }} {{ 1.0 is float }} {{ 1 is integer }} {{ true is boolean }} {{ true is true }} {{ 1 is true }} {{ false is false }} {{ range is callable }}",
    "{{ 3 is odd }} {{ 4 is even }} {{ 9 is divisibleby 3 }} {{ 9 is divisibleby(2) }} {{ 1 is eq 1 }} {{ 1 is ne(2) }} {{ 1 is lt 2 }} {{ 2 is ge 2 }} {{ 1 is in [1,2] }} {{ 'A' is upper }} {{ 'a' is lower }} {{ 1 is not none }} {{ 'a' is sameas 'a' }}",
    "{{ 1 is not defined or true }} {{ not x is defined }} {{ x is defined and x.y is defined }} {{ (1 is odd) and 2 is even }}",
    # Filters.
    "{{ '  a b ' | trim }}|{{ 'xxaxx' | trim('x') }}|{{ 'hello wORLD-foo (bar' | title }} {{ 'hELLO' | capitalize }} {{ 'a' | upper }} {{ 'A' | lower }}",
    "{{ [3,1,2] | sort }} {{ ['b','A','c'] | sort }} {{ ['b','A'] | sort(case_sensitive=true) }} {{ [1,2] | sort(reverse=true) }} {{ l | sort(attribute='n') | map(attribute='k') | list }} {{ [3,1,2]|min }} {{ [3,1]|max }} {{ [1,2]|sum }} {{ l | sum(attribute='n') }}",
    "{{ [1,2] | join }} {{ [1,2] | join(', ') }} {{ l | join('-', attribute='k') }} {{ 'abc' | join('.') }} {{ [1,2,3] | first }} {{ 'abc' | last }} {{ [] | first }}| {{ [1,2] | reverse | list }} {{ 'abc' | reverse }} {{ 'abc' | list }} {{ d | list }}",
    "{{ l | selectattr('n') | list | length }} {{ l | selectattr('n', 'gt', 1) | map(attribute='k') | list }} {{ l | rejectattr('k', 'equalto', 'a') | map(attribute='n') | join(',') }} {{ [1,2,3] | select('odd') | list }} {{ [1,2,3] | reject('odd') | list }} {{ [0,1,''] | select | list }} {{ l | map(attribute='z', default=0) | list }} {{ ['a','b'] | map('upper') | list }} {{ ['ab'] | map('replace', 'a', 'c') | list }} {{ l | selectattr('z', 'defined') | list }}",
    "{{ x | default('d') }} {{ '' | default('d') }}|{{ '' | default('d', true) }} {{ none | d('z', boolean=true) }} {{ false | default('f') }} {{ d.q | default([]) | length }}",
    "{{ '3' | int + 1 }} {{ 'x' | int }} {{ 'x' | int(7) }} {{ 3.9 | int }} {{ '3.7' | int }} {{ '2.5' | float }} {{ 1 | float }} {{ 2.567 | round(2) }} {{ 2.5 | round }} {{ 2.1 | round(method='ceil') }} {{ -1.5 | abs }} {{ true | int }}",
    "{{ 'aXbX' | replace('X', '-') }} {{ 'aaa' | replace('a', 'b', 2) }} {{ 'a\nb\n\nc' | indent }} {{ 'a\nb\n\nc' | indent(2, true) }} {{ 'a\n\nb' | indent('> ', blank=true) }} {{ 'a b  c' | wordcount }} {{ '<a & \"b\">' | e }} {{ 'x' | safe }} {{ 'ab' | center(6) }}|",
    "{{ [1,2,2,1,'a','A'] | unique | list }} {{ d | items | list }} {{ d | dictsort }} {{ [1,2,3,4,5] | batch(2) | list }} {{ [1,2,3] | batch(2, 'x') | list }} {{ [1,2,3,4,5] | slice(2) | list }} {{ d | length }} {{ 'h\u00e9\U0001f600' | length }} {{ l | groupby('k') | map('first') | list }}",
    "{{ 'a long text to be cut somewhere' | truncate(15) }} {{ 'a long text to be cut' | truncate(10, true, '..', 0) }} {{ 'short' | truncate(10) }} {{ d | attr('k') }}|",
    "{{ v | tojson }}", "{{ v | tojson(indent=2) }}", "{{ v | tojson(separators=(',', ':')) }} {{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }} {{ 'a\"b\\\\/\u00e9\u2028<>&\\'' | tojson }} {{ [] | tojson(indent=1) }} {{ {} | tojson }} {{ 1.0 | tojson }} {{ {1: 2, none: 3, true: 4} | tojson }}",
    # Methods.
    "{{ ' a '.strip() }}|{{ 'xax'.strip('x') }}|{{ ' a '.lstrip() }}|{{ ' a '.rstrip() }}|{{ 'a,b,,c'.split(',') }} {{ ' a  b '.split() }} {{ 'a b c'.split(' ', 1) }} {{ 'a b c'.rsplit(' ', 1) }} {{ 'a b c'.split(maxsplit=1) }} {{ 'a\nb\r\nc'.splitlines() }} {{ 'a--b'.partition('--') }} {{ 'a-b-c'.rpartition('-') }}",
    "{{ 'abc'.startswith('ab') }} {{ 'abc'.startswith(('x', 'a')) }} {{ 'abc'.endswith('bc') }} {{ 'abc'.upper() }} {{ 'ABC'.lower() }} {{ \"they're bill's\".title() }} {{ 'aBC'.capitalize() }} {{ 'aB'.swapcase() }} {{ 'abca'.replace('a', 'x') }} {{ 'abca'.replace('a', 'x', 1) }} {{ ','.join(['a', 'b']) }} {{ 'abc'.find('c') }} {{ 'abc'.find('z') }} {{ 'abcb'.rfind('b') }} {{ 'abcb'.count('b') }} {{ 'abc'.index('b') }}",
    "{{ '12'.isdigit() }} {{ 'a1'.isalnum() }} {{ 'ab'.isalpha() }} {{ ' '.isspace() }} {{ 'A'.isupper() }} {{ 'a'.islower() }} {{ 'abc'.removeprefix('a') }} {{ 'abc'.removesuffix('c') }} {{ '7'.zfill(3) }} {{ '-7'.zfill(4) }} {{ 'a'.ljust(3) }}|{{ 'a'.rjust(3) }} {{ 'ab'.center(5) }}|{{ '{} {}'.format(1, 'b') }} {{ '{0}{a}'.format(1, a=2) }}",
    "{{ d.get('k') }} {{ d.get('zz') }} {{ d.get('zz', 3) }} {{ d.keys() | list }} {{ d.values() | list }} {{ d.items() | list }} {{ [1,2,1].count(1) }} {{ [1,2].index(2) }} {{ dict(a=1) }} {{ dict(d, z=1) | length }}",
    "{{ range(3) | list }} {{ range(1, 7, 2) | list }} {{ range(3, 0, -1) | list }} {{ strftime_now('%Y-%m-%d %B') }}", "{{ 'a'.strip }}x" if False else "{{ d.k.upper() if d.k is string }}",
    "{% if d.k == 'v' and 'k' in d and d.get('k')|length > 0 %}yes{% elif true %}no{% endif %}", "{{ (d['k'] or 'x') + '!' }}{{ d.list[0].a.b }}",
]

WRONG = [
    ("{{ x.y.z }}", "undefined"), ("{{ x + 1 }}", "undefined"), ("{{ 'a' + 1 }}", "type"), ("{{ 1 / 0 }}", "type"), ("{{ nothing() }}", "undefined"),
    ("{{ 1 | nofilter }}", "undefined"), ("{{ 1 is notest }}", "undefined"), ("{{ raise_exception('no!') }}", "raised"), ("{{ none | length }}", "type"),
    ("{{ 'a'.nomethod() }}", "undefined"), ("{% for x in 5 %}{% endfor %}", "type"), ("{{ [1].append(2) }}", "undefined"), ("{% for a, b in [1] %}{% endfor %}", "type"),
    ("{{ x | tojson }}", "undefined"), ("{{ ''.join([1]) }}", "type"), ("{{ 1 < 'a' }}", "type"), ("{% set d.x = 1 %}", "type"),
    ("{% if %}{% endif %}", "syntax"), ("{% if true %}", "syntax"), ("{{ 1", "syntax"), ("{{ 'a }}", "syntax"), ("{% endif %}", "syntax"), ("{{ (1 }}", "syntax"),
    ("{% foo %}", "syntax"), ("{{ 1 + }}", "syntax"), ("{{ a b }}", "syntax"), ("{# x", "syntax"), ("{% for x %}{% endfor %}", "syntax"), ("{{ }}", "syntax"),
    ("{% raw %} x", "syntax"), ("{{ [1, 2 }}", "syntax"), ("{% set = 1 %}", "syntax"), ("{{ x ? 1 }}", "syntax"), ("{% macro %}{% endmacro %}", "syntax"), ("{{ a[] }}", "syntax"),
]

VARIABLES = {
    "d": {"k": "v", "items": "I", "n": None, "list": [{"a": {"b": "deep"}}]},
    "l": [{"n": 2, "k": "b"}, {"n": 1, "k": "a"}, {"n": 0, "k": "b"}],
    "v": {"s": "q\"\\\n\t\u0001\u00e9\U0001f600</x>", "n": [1, -2, 2.5, 1e100, True, False, None], "e": {}, "l": [], "o": {"z": 1, "a": [{"b": []}]}},
}


def compiled(source):
    template = chat_template_utils._compile_jinja_template(source)
    template.globals["strftime_now"] = lambda form: time.strftime(form, time.gmtime(NOON))
    return template


def render(source, variables):
    chat_template_utils._compile_jinja_template.cache_clear()
    return compiled(source).render(**variables)


def case(name, source, variables):
    entry = {"name": name, "variables": variables}
    try:
        entry["expected"] = render(source, variables)
    except (jinja2.TemplateError, TypeError, ZeroDivisionError, ValueError) as error:
        entry["error"] = "raised" if type(error) is jinja2.TemplateError else type(error).__name__
        entry["message"] = str(error)
    return entry


def conversations():
    for path in sorted((HERE / "templates").glob("*.jinja")):
        source = path.read_text()
        cases = []
        for name, messages in CONVERSATIONS.items():
            for prompt in (False, True):
                for tools in (None, TOOLS):
                    variables = {
                        "messages": messages, "tools": tools, "documents": None, "add_generation_prompt": prompt,
                        "bos_token": "<s>", "eos_token": "</s>"}
                    if name == "turns":
                        variables["enable_thinking"] = False
                    cases.append(case(f"{name} {prompt} {bool(tools)}", source, variables))
        yield {"name": path.stem, "source": source, "cases": cases}


def main():
    snippets = [{"source": source, **case("", source, VARIABLES)} for source in SNIPPETS]
    for entry in snippets:
        del entry["variables"]
    for source, _ in WRONG:
        assert "expected" not in case("", source, VARIABLES), source
    output = {
        "time": NOON, "conversations": list(conversations()), "variables": VARIABLES, "snippets": snippets,
        "wrong": [{"source": source, "kind": kind} for source, kind in WRONG],
    }
    # Conversations repeat a lot, so that each is written once and named.
    bodies = {}
    for template in output["conversations"]:
        for entry in template["cases"]:
            key = json.dumps(entry["variables"])
            entry["variables"] = bodies.setdefault(key, len(bodies))
    output["bindings"] = [json.loads(key) for key in bodies]
    OUTPUT.write_text(json.dumps(output, separators=(",", ":"), ensure_ascii=True) + "\n")
    for entry in snippets:
        if "error" in entry:
            print("refused:", entry["source"], entry["message"])


if __name__ == "__main__":
    main()
