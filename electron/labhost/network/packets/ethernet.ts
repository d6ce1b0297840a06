/** Ethernet addresses as numbers: 48 bits fit a double, and a Map of numbers is quicker than one of strings. */
export const minimumFrameBytes = 14

export function macAt(bytes: Buffer, at: number): number {
  return (bytes[at]! * 256 + bytes[at + 1]!) * 4_294_967_296 + (((bytes[at + 2]! << 24) | (bytes[at + 3]! << 16) | (bytes[at + 4]! << 8) | bytes[at + 5]!) >>> 0)
}

/** The lowest bit of the first octet: broadcast and multicast. */
export function isGroupMac(mac: number): boolean {
  return ((mac / 1_099_511_627_776) & 1) === 1
}

export function macText(mac: number): string {
  return mac.toString(16).padStart(12, '0').replace(/(..)(?!$)/g, '$1:')
}

export function readMac(text: string): number | undefined {
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text) ? Number.parseInt(text.replaceAll(':', ''), 16) : undefined
}
