"""Makes the fixtures of Tests/TokenizersTests: small tokenizers trained here, texts, and their reference ids.

Needs the Python packages `tokenizers` and `sentencepiece`; with SMOLLM2 set to a folder that holds SmolLM2's
tokenizer.json, also the ids of that one. Run from anywhere:
    python tools/golden/tokenizers.py
"""

import json
import os
import pathlib
import random
import sys
import tempfile

# This file has the name of the package it needs.
sys.path = [entry for entry in sys.path if pathlib.Path(entry or ".").resolve() != pathlib.Path(__file__).resolve().parent]

import sentencepiece  # noqa: E402
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers  # noqa: E402
from tokenizers import pre_tokenizers, processors, trainers  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
OUTPUT = HERE.parent.parent / "Tests" / "TokenizersTests" / "Fixtures"

CL100K = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{DIGITS}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
LLAMA3 = CL100K.replace("{DIGITS}", "{1,3}")
QWEN2 = CL100K.replace("{DIGITS}", "")
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
LEAD, SHORT = r"[^\r\n\p{L}\p{N}]?", r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
O200K = "|".join([
    LEAD + UPPER + "*" + LOWER + "+" + SHORT, LEAD + UPPER + "+" + LOWER + "*" + SHORT, r"\p{N}{1,3}",
    r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+",
])
DEEPSEEK = [
    r"\p{N}{1,3}", "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+",
    r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"""
    r"""| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+""",
]
KIMI = r"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{L}&&[^\p{Han}]]+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def hand_written():
    """Texts chosen for what tends to go wrong."""
    return [
        "", " ", "  ", "\n", "\r\n", "\t", "a", "\u00e9", "Hello, world!", " leading", "trailing ", "trailing   ",
        "The quick brown fox jumps over the lazy dog. It wasn't 1234567 times; it's 3.14159 or 1,000,000.",
        "I'm, you're, he'll, we've, they'd, DON'T, IT'S, O'Neil, rock'n'roll, 'tis, ''s, '\u017f '\u017fo, '\u212a",
        "def f(x: int) -> str:\n    return f\"{x!r:>10}\"  # comment\n\n\nclass A(B):\n\tpass\r\n",
        "for (int i = 0; i < n; ++i) { a[i] ^= 0xDEADBEEF >> (i & 31); } // loop\n#include <stdio.h>\n",
        "SELECT * FROM users WHERE name = 'O''Brien' AND id IN (1,22,333,4444,55555,666666);",
        "\u4f60\u597d\uff0c\u4e16\u754c\uff01\u4eca\u65e5\u306f\u826f\u3044\u5929\u6c17\u3067\u3059\u306d\u3002\uc548\ub155\ud558\uc138\uc694 \uc138\uacc4.",
        "\u6f22\u5b57\u304b\u306a\u4ea4\u3058\u308a\u6587 123 \u30ab\u30bf\u30ab\u30ca ABC\uff21\uff22\uff23 \uff11\uff12\uff13",
        "\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f1e9\U0001f1ea\U0001f1ef\U0001f1f5 \U0001f44d\U0001f3fd \u2764\ufe0f "
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f 1\ufe0f\u20e3",
        "a\u00a0b\u2003c\u3000d\u200be\ufefff\u2028g\u2029h\u0085i\u1680j\u180ek\u202fl\u205fm",
        "tabs\t\tand\r\nlines\n\n\n  and   many      spaces \n \n\r\r\n \t x",
        "\u0627\u0644\u0644\u063a\u0629 \u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u0645\u064e\u0643\u0652\u062a\u064e\u0628\u064e\u0629\u064c \u0661\u0662\u0663\u0664 \u05e9\u05c1\u05dc\u05d5\u05b9\u05dd \u0939\u093f\u0928\u094d\u0926\u0940 \u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22",
        "e\u0301 \u00e9 n\u0303o a\u0308\u0323 a\u0323\u0308 \u1e69 s\u0323\u0307 \u212b \ufb01 \u01c6 \u1100\u1161\u11a8 \uac01 \u0344 \u0958 \u2126 \u1fee",
        "\u00bd \u2163 \u00b2 x\u2075 \u2460 \u0bf0 12\u0663\u06647 1\u00bd2",
        "https://example.org/a/b?c=d&e=%20f#g mailto:x.y+z@example.co.uk C:\\dir\\file.txt ../up/one ~user",
        "\u0130stanbul STRASSE Stra\u00dfe \u03a3\u03c3\u03c2 \u01c5 \u1e9e \u0149 \ufb03 \ua64a\u1c88",
        "camelCaseWord HTTPServer XMLHttpRequest snake_case_word kebab-case iPhone15Pro \u02b0\u1d43 A\u0301b \u0301\u0302abc",
        "!!!??? ... --- *** ### $$$ %%% ^^^ &&& ((( ))) [[[ ]]] {{{ }}} <<< >>> ||| \\\\\\ /// \"\"\" ''' ``` ~~~",
        "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n", "x<|endoftext|>y <|endoftext|> z<|im_end", "<|im_<|im_start|>",
        "control \x00\x01\x07\x1b[31m\x7f chars \x80\x9f", "\ud7ff\ue000\ufffd\U0010ffff\U00010000 \U0001d400\U0001d7d8 \U00020000",
        "pre <tag> <ltag> \t <rtag> \n <both>  x<word> <word>y _<word> <word>. \u00e9<word> <tag><tag>",
        "Word word WORD  \u2581marked \u2581\u2581two a\u2581b <0x41><0x0A> </w> ##ing",
        "a" * 300, "ab " * 100, "\u00e9" * 120, "\U0001f600" * 60, " " * 130 + "x", "\n" * 50 + "y", "1" * 200,
    ]


def generated(seed, count):
    """Texts of random characters from the classes that the stages tell apart."""
    source = random.Random(seed)
    classes = [
        "abcdefghij", "ABCDEFGHIJ", "0123456789", " ", " \t\n\r", ".,;:!?'\"()[]{}<>/\\|-_=+*&^%$#@~`",
        "\u00e9\u00fc\u00f1\u00df\u0101\u0130\u01c5\u017f", "\u00a0\u2003\u3000\u0085\u2028\u200b", "\u4f60\u597d\u4e16\u754c\u3042\u30a2\ud55c",
        "\u0301\u0308\u0323\u20e3\ufe0f\u200d", "\U0001f600\U0001f468\U0001f1e9\U0001f3fd", "\u0661\u00bd\u2163\u00b2", "\u0627\u0644\u0640\u064e\u05d0\u0939\u093f",
        "\u02b0\u1d43\u0f0b\u203f\u2581\u00ad\ue000", "\x00\x01\x1f\x7f",
    ]
    words = ["'s", "'LL", "'Ve", "don't", "the", " of", "ing", "  ", "\r\n", "\n\n", "<tag>", "<word>", "<|im_end|>", "HTTP"]
    for _ in range(count):
        parts = []
        for _ in range(source.randint(1, 25)):
            if source.random() < 0.3:
                parts.append(source.choice(words))
            else:
                letters = source.choice(classes)
                parts.append("".join(source.choice(letters) for _ in range(source.randint(1, 5))))
        yield "".join(parts)


def training_text():
    """Enough text for a few hundred merges: the hand-written one, and sentences put together from words."""
    source = random.Random(7)
    nouns = "model token layer gradient rank batch step loss weight tensor memory kernel thread file text word".split()
    verbs = "moves reads writes gathers reduces splits joins trains learns forgets predicts computes shares".split()
    rest = "the a every some no its their quickly slowly again often 10 256 1024 and or but while because".split()
    lines = hand_written() * 3
    for _ in range(600):
        words = [source.choice([nouns, verbs, rest][i % 3]) for i in range(source.randint(4, 14))]
        lines.append(" ".join(words).capitalize() + source.choice(".!?") + source.choice(["", "\n", "  "]))
    return lines


def added_tokens():
    return [
        AddedToken("<tag>", normalized=False), AddedToken("<ltag>", lstrip=True, normalized=False),
        AddedToken("<rtag>", rstrip=True, normalized=False), AddedToken("<both>", lstrip=True, rstrip=True, normalized=False),
        AddedToken("<word>", single_word=True, normalized=False), AddedToken("Word", normalized=True),
        AddedToken("<tag><", normalized=False),
    ]


def byte_level(pre_tokenizer, normalizer=None, size=700, alphabet=True, **options):
    tokenizer = Tokenizer(models.BPE(**options))
    tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.ByteLevel()
    initial = pre_tokenizers.ByteLevel.alphabet() if alphabet else []
    special = SPECIAL + ([options["unk_token"]] if "unk_token" in options else [])
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=special, initial_alphabet=initial, show_progress=False)
    tokenizer.train_from_iterator(training_text(), trainer)
    tokenizer.add_tokens(added_tokens())
    return tokenizer


def split(*patterns, behavior="isolated", invert=False):
    stages = [pre_tokenizers.Split(Regex(pattern), behavior, invert) for pattern in patterns]
    return pre_tokenizers.Sequence(stages + [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def sentence_piece(pre_tokenizer, normalizer, decoder, template=True, size=600, **options):
    byte_tokens = [f"<0x{byte:02X}>" for byte in range(256)]
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True, **options))
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoder
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=["<unk>", "<s>", "</s>"] + byte_tokens, limit_alphabet=90, show_progress=False)
    # Words for training; the model without a pre-tokenizer would learn whole lines otherwise.
    trained = Tokenizer(models.BPE(unk_token="<unk>"))
    trained.pre_tokenizer = pre_tokenizers.Metaspace()
    trained.train_from_iterator(training_text(), trainer)
    saved = json.loads(trained.to_str())
    merges = [tuple(merge) for merge in saved["model"]["merges"]]
    tokenizer.model = models.BPE(saved["model"]["vocab"], merges, byte_fallback=True, unk_token="<unk>", fuse_unk=True, **options)
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    tokenizer.add_tokens(added_tokens())
    if template:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    return tokenizer


def llama_decoder():
    return decoders.Sequence([
        decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])


def byte_level_tokenizers():
    gpt2 = pre_tokenizers.ByteLevel(add_prefix_space=False)
    smollm = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), gpt2])
    yield "gpt2", byte_level(gpt2)
    yield "gpt2-prefix-space", byte_level(pre_tokenizers.ByteLevel(add_prefix_space=True))
    yield "smollm", byte_level(smollm)
    yield "llama3", byte_level(split(LLAMA3), ignore_merges=True)
    yield "qwen2", byte_level(split(QWEN2), normalizers.NFC())
    yield "o200k", byte_level(split(O200K))
    yield "o200k-removed", byte_level(split(O200K, behavior="removed", invert=True), normalizers.NFKC())
    yield "deepseek", byte_level(split(*DEEPSEEK))
    yield "kimi", byte_level(split(KIMI), normalizers.NFD())
    yield "sparse-alphabet", byte_level(gpt2, alphabet=False, unk_token="<unk>", fuse_unk=False, size=400)
    yield "sparse-fused", byte_level(gpt2, alphabet=False, unk_token="<unk>", fuse_unk=True, size=400)


def other_tokenizers():
    prepend = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    yield "llama2", sentence_piece(None, prepend, llama_decoder())
    yield "llama2-metaspace", sentence_piece(
        pre_tokenizers.Metaspace(prepend_scheme="first", split=False), None, llama_decoder())
    yield "metaspace-always", sentence_piece(
        pre_tokenizers.Metaspace(prepend_scheme="always"), normalizers.NFKC(), decoders.Metaspace())
    gemma = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
    yield "gemma", sentence_piece(
        pre_tokenizers.Split(" ", "merged_with_previous"), normalizers.Replace(" ", "\u2581"), gemma)
    yield "words", word_pieces()
    yield "clip-like", suffixed()


def word_pieces():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=500, special_tokens=["[UNK]", "[CLS]", "[SEP]"], limit_alphabet=120, show_progress=False)
    tokenizer.train_from_iterator(training_text(), trainer)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    return tokenizer


def suffixed():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>", continuing_subword_prefix="##"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.Strip(), normalizers.NFKD(),
        normalizers.StripAccents(), normalizers.Lowercase(), normalizers.Replace(Regex(r"\s+"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("contiguous"), pre_tokenizers.Digits()])
    tokenizer.decoder = decoders.BPEDecoder("</w>")
    trainer = trainers.BpeTrainer(
        vocab_size=500, special_tokens=["<unk>"], end_of_word_suffix="</w>", continuing_subword_prefix="##",
        limit_alphabet=100, show_progress=False)
    tokenizer.train_from_iterator(training_text(), trainer)
    return tokenizer


def case(tokenizer, text):
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    entry = {"text": text, "ids": ids}
    decoded = tokenizer.decode(ids, skip_special_tokens=False)
    if decoded != text:
        entry["decoded"] = decoded
    return entry


def expectations(tokenizer, seed, count):
    texts = hand_written() + list(generated(seed, count))
    sample = texts[12]
    return {
        "withSpecial": tokenizer.encode(sample).ids, "sample": sample,
        "cases": [case(tokenizer, text) for text in texts],
    }


def sentence_piece_scores():
    """A byte-pair vocabulary with scores, trained and used by SentencePiece itself, as GGUF files hold them."""
    lines = [line.replace("\x00", "") for line in training_text()]
    with tempfile.TemporaryDirectory() as folder:
        corpus, prefix = pathlib.Path(folder) / "corpus.txt", str(pathlib.Path(folder) / "model")
        corpus.write_text("\n".join(lines))
        sentencepiece.SentencePieceTrainer.train(
            input=str(corpus), model_prefix=prefix, model_type="bpe", vocab_size=700, byte_fallback=True,
            character_coverage=0.99, normalization_rule_name="identity", remove_extra_whitespaces=False,
            split_digits=True, max_sentence_length=100000, minloglevel=2)
        processor = sentencepiece.SentencePieceProcessor(model_file=prefix + ".model")
    count = processor.get_piece_size()
    types = [
        3 if processor.is_control(i) else 2 if processor.is_unknown(i) else 6 if processor.is_byte(i) else 1
        for i in range(count)]
    cases = []
    for text in hand_written() + list(generated(77, 60)):
        if not text or any(token in text for token in ("<s>", "</s>", "<unk>", "\x00", "\u2581")):
            continue
        ids = processor.encode(text)
        decoded = processor.decode(ids)
        cases.append({"text": text, "ids": ids, **({"decoded": decoded} if decoded != text else {})})
    write("sentencepiece.expected.json", {
        "tokens": [processor.id_to_piece(i) for i in range(count)],
        "scores": [processor.get_score(i) for i in range(count)], "types": types, "cases": cases})


def normalization():
    """Random texts of letters, marks, jamo and compatibility characters in the four forms."""
    source = random.Random(11)
    ranges = [(0xC0, 0x180), (0x300, 0x345), (0x5B0, 0x5C8), (0x900, 0x960), (0xF71, 0xF84), (0x1100, 0x1113), (0x1161, 0x1176),
        (0x11A8, 0x11C3), (0x1E00, 0x2000), (0x2100, 0x2190), (0x3041, 0x309A), (0xAC00, 0xD7A4), (0xF900, 0xFB4F),
        (0xFF01, 0xFFDD), (0x1D100, 0x1D200), (0x41, 0x7B)]
    forms = {"nfc": normalizers.NFC(), "nfd": normalizers.NFD(), "nfkc": normalizers.NFKC(), "nfkd": normalizers.NFKD()}
    cases = []
    for _ in range(400):
        chosen = [source.choice(ranges) for _ in range(3)]
        text = "".join(chr(source.randrange(*source.choice(chosen))) for _ in range(source.randint(1, 10)))
        cases.append({"text": text, **{name: form.normalize_str(text) for name, form in forms.items()}})
    write("normalization.expected.json", cases)


def write(name, value):
    (OUTPUT / name).write_text(json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n")


def main():
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for seed, (name, tokenizer) in enumerate([*byte_level_tokenizers(), *other_tokenizers()]):
        write(f"{name}.tokenizer.json", json.loads(tokenizer.to_str()))
        write(f"{name}.expected.json", expectations(tokenizer, seed, 60))
    sentence_piece_scores()
    normalization()
    folder = os.environ.get("SMOLLM2")
    if folder:
        tokenizer = Tokenizer.from_file(str(pathlib.Path(folder) / "tokenizer.json"))
        write("smollm2.expected.json", expectations(tokenizer, 99, 300))


if __name__ == "__main__":
    main()
