import Testing

@testable import Tokenizers

@Suite struct NormalizationFormTests {
  private func normalized(_ form: NormalizationForm, _ text: String) -> [UInt8] {
    form.normalize(Array(text.utf8).span)
  }

  @Test("Every form is that of the reference, also where marks change places and syllables join")
  func reference() throws {
    for entry in try JSONDocument(Fixture.bytes("normalization.expected.json"), name: "test").root.elements {
      let text = try entry.required("text").requiredString()
      for (form, name) in [(NormalizationForm.nfc, "nfc"), (.nfd, "nfd"), (.nfkc, "nfkc"), (.nfkd, "nfkd")] {
        #expect(normalized(form, text) == entry[name]?.stringBytes, "\(name) \(text.debugDescription)")
      }
    }
  }

  @Test("Compatibility forms take ligatures, widths and superscripts apart")
  func compatibility() {
    let text = "\u{FB01}\u{FF21}\u{B2}\u{2460}\u{32D0}\u{FDFA}\u{1D400}\u{BD}\u{A0}x"
    let expected =
      "fiA21\u{30A2}\u{635}\u{644}\u{649} \u{627}\u{644}\u{644}\u{647} \u{639}\u{644}\u{64A}\u{647} "
      + "\u{648}\u{633}\u{644}\u{645}A1\u{2044}2 x"
    #expect(normalized(.nfkc, text) == Array(expected.utf8))
    #expect(normalized(.nfkd, "\u{1E9B}\u{323}") == Array("s\u{323}\u{307}".utf8))
    #expect(normalized(.nfkc, "\u{1E9B}\u{323}") == Array("\u{1E69}".utf8))
  }

  @Test("Text that is in the form already stays as it is")
  func stable() {
    let ascii = "plain text, 123"
    for form in [NormalizationForm.nfc, .nfd, .nfkc, .nfkd] {
      #expect(normalized(form, ascii) == Array(ascii.utf8))
    }
    #expect(normalized(.nfc, "\u{E9}\u{4E2D}\u{1F600}") == Array("\u{E9}\u{4E2D}\u{1F600}".utf8))
    #expect(normalized(.nfc, "").isEmpty)
  }
}
