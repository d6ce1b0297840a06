/**
 * The Huffman code of header texts. RFC 7541 appendix B.
 *
 *   HU1  The code is canonical: codes of one length follow the order of their symbols, shorter ones come first. So the
 *        lengths are all there is to know.
 *   HU2  What is left over at the end are the first bits of EOS (ones), fewer than eight; EOS itself is an error.
 */
export class HuffmanError extends Error {
  override readonly name = 'HuffmanError'
}

/** Bits of each symbol's code: 0 to 255 and EOS, as runs of "length×count". */
const lengthRuns = '13 23 28×7 24 30 28×2 30 28×8 30 28×9 6 10×2 12 13 6 8 11 10×2 8 11 8 6×3 5×3 6×7 7 8 15 6 12 10 13 6 7×22 8 7 8 13 19 13 14 6 15 5 6 5 6 5 6×3 5 7×2 6×3 5 6 7 6 5×2 6 7×5 15 11 14 13 28 20 22 20×2 22×3 23 22 23×5 24 23 24×2 22 23 24 23×4 21 22 23 22 23×2 24 22 21 20 22×2 23×2 21 23 22×2 24 21 22 23×2 21×2 22 21 23 22 23×2 20 22×3 23 22×2 23 26×2 20 19 22 23 22 25 26×3 27×2 26 24 25 19 21 26 27×2 26 27 24 21×2 26×2 28 27×3 20 24 20 21 22 21×2 23 22×2 25×2 24×2 26 23 26 27 26×2 27×5 28 27×5 26 30'

export const huffmanLengths: readonly number[] = lengthRuns.split(' ').flatMap(run => {
  const [length, count = '1'] = run.split('×')
  return new Array<number>(Number(count)).fill(Number(length))
})

const endOfString = 256
const longest = 30

interface CodesOfLength {
  readonly firstCode: number
  readonly symbols: readonly number[]
}

/** By length. */
const codes: readonly CodesOfLength[] = (() => {
  const byLength: CodesOfLength[] = []
  let code = 0
  for (let length = 0; length <= longest; length++) {
    const symbols = huffmanLengths.flatMap((bits, symbol) => (bits === length ? [symbol] : []))
    byLength.push({ firstCode: code, symbols })
    code = (code + symbols.length) * 2
  }
  return byLength
})()

/** The text as bytes, one character each. */
export function readHuffman(bytes: Uint8Array): string {
  let text = ''
  let code = 0
  let length = 0
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((byte >> bit) & 1)
      length += 1
      if (length > longest) throw new HuffmanError('a code is longer than any')
      const { firstCode, symbols } = codes[length]!
      const symbol = symbols[code - firstCode]
      if (symbol === undefined) continue
      if (symbol === endOfString) throw new HuffmanError('the end stands in the text')
      text += String.fromCharCode(symbol)
      code = 0
      length = 0
    }
  }
  if (length > 7 || code !== 2 ** length - 1) throw new HuffmanError('the padding is not what it must be') // HU2
  return text
}
