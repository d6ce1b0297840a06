import { expect, test } from 'vitest'
import { destinationMac, encapsulationOf, isGroupMac, macText, vxlanInner } from './dissect.ts'

const macs = '525400300002' + '525400300001'

function ipv4Frame(protocol: number, payload: string, options: { vlan?: boolean; fragment?: number } = {}): Buffer {
  const fragment = (options.fragment ?? 0).toString(16).padStart(4, '0')
  const header = `4500${(20 + payload.length / 2).toString(16).padStart(4, '0')}0000${fragment}40${protocol.toString(16).padStart(2, '0')}0000ac1e000bac1e000c`
  return Buffer.from(`${macs}${options.vlan === true ? '81000005' : ''}0800${header}${payload}`, 'hex')
}

function udp(port: number, payload: string): string {
  return `c001${port.toString(16).padStart(4, '0')}${(8 + payload.length / 2).toString(16).padStart(4, '0')}0000${payload}`
}

const inner = '020000000002020000000001' + '0806' + '00'.repeat(28)
const vxlan = udp(8472, `0800000000000100${inner}`)

test('DI1 the outer header tells what is carried', () => {
  expect(encapsulationOf(ipv4Frame(17, vxlan))).toBe('vxlan')
  expect(encapsulationOf(ipv4Frame(17, udp(4789, '00')))).toBe('vxlan')
  expect(encapsulationOf(ipv4Frame(17, udp(51_820, '00')))).toBe('wireguard')
  expect(encapsulationOf(ipv4Frame(4, '45'))).toBe('ipip')
  expect(encapsulationOf(ipv4Frame(17, udp(53, '00')))).toBeUndefined()
  expect(encapsulationOf(ipv4Frame(6, vxlan))).toBeUndefined()
})

test('a VLAN tag does not hide the packet', () => {
  expect(encapsulationOf(ipv4Frame(17, vxlan, { vlan: true }))).toBe('vxlan')
})

test('DI2 a later fragment has no ports', () => {
  expect(encapsulationOf(ipv4Frame(17, vxlan, { fragment: 185 }))).toBeUndefined()
})

test('the inner frame and its network are found', () => {
  const found = vxlanInner(ipv4Frame(17, vxlan))
  expect(found?.vni).toBe(1)
  expect(found?.frame.toString('hex')).toBe(inner)
})

test('no cut of a frame makes it throw', () => {
  const frame = ipv4Frame(17, vxlan)
  for (let length = 0; length <= frame.length; length++) {
    const cut = frame.subarray(0, length)
    expect(() => [encapsulationOf(cut), vxlanInner(cut)]).not.toThrow()
  }
})

test('MACs keep all their bits', () => {
  const frame = Buffer.from('fedcba987654' + '525400300001' + '0800', 'hex')
  expect(macText(destinationMac(frame))).toBe('fe:dc:ba:98:76:54')
  expect([0xffffffffffff, 0x01005e000001, 0x525400300001, 0xfedcba987654].map(isGroupMac)).toEqual([true, true, false, false])
})
