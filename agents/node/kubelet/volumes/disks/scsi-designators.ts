/**
 * The names that a SCSI disk gives itself: its device identification page (VPD 83h), as the kernel shows it. Pure.
 * SPC-4 7.8.6: a head of four bytes with the length of the rest, then designators of four bytes and their text each.
 */
const headBytes = 4
const asciiOrUtf8 = new Set([2, 3])

export function designatorsOf(page: Uint8Array): readonly string[] {
  const names: string[] = []
  const end = page.length < headBytes ? 0 : Math.min(page.length, headBytes + (page[2]! << 8) + page[3]!)
  for (let at = headBytes; at + headBytes <= end;) {
    const length = page[at + 3]!
    const text = page.subarray(at + headBytes, Math.min(end, at + headBytes + length))
    if (asciiOrUtf8.has(page[at]! & 0x0f)) names.push(String.fromCharCode(...text).replace(/[\0 ]+$/, ''))
    at += headBytes + length
  }
  return names
}
