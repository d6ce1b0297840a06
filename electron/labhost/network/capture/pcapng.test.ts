import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FakeClock } from '../../../../agents/base/fake-clock.ts'
import type { CaptureTarget } from '../../../contract/captures.ts'
import { CaptureTap } from './capture-tap.ts'
import { PacketReader } from './packet-reader.ts'
import { readBlocks } from './pcapng.ts'

const arp = Buffer.from('ffffffffffff525400300001080600010800060400015254003000' + '01ac1e000b000000000000ac1e000c', 'hex')

async function captured(target: CaptureTarget, options: { filter?: string; snapBytes?: number } = {}, frames: (tap: CaptureTap) => void = () => {}): Promise<Buffer> {
  const clock = new FakeClock()
  const pieces: Buffer[] = []
  const tap = new CaptureTap({ target, filter: options.filter ?? '', snapBytes: options.snapBytes ?? 65_535 }, clock, piece => pieces.push(piece))
  await clock.advance(1_500)
  frames(tap)
  await clock.advance(200)
  tap.close()
  return Buffer.concat(pieces)
}

function sendAround(tap: CaptureTap): void {
  tap.sent?.('node-1', arp, 0, arp.length, 1_500)
  tap.received?.('node-1', 'node-2', arp, 0, arp.length)
  tap.received?.('node-2', 'node-1', arp, 0, arp.length)
  tap.sent?.('node-3', arp, 0, arp.length, 1_500)
}

test('what is written is read again: interfaces by node, time, direction, the frame', async () => {
  const file = await captured({ type: 'node', node: 'node-1' }, {}, sendAround)
  const at = Date.UTC(2026, 0, 1) * 1_000 + 1_500_000
  expect([...readBlocks(file)]).toEqual([
    { type: 'interface', name: 'node-1' },
    { type: 'packet', interfaceId: 0, epochMicros: at, bytes: 42, direction: 'sent', frame: arp },
    { type: 'packet', interfaceId: 0, epochMicros: at, bytes: 42, direction: 'received', frame: arp },
  ])
})

test('CT3 targets: the whole LAN once a frame, a node both ways, a link one way or both', async () => {
  const seen = async (target: CaptureTarget) => new PacketReader().read(await captured(target, {}, sendAround)).map(({ node, direction }) => `${node} ${direction}`)
  expect(await seen({ type: 'lan' })).toEqual(['node-1 sent', 'node-3 sent'])
  expect(await seen({ type: 'node', node: 'node-2' })).toEqual(['node-2 received'])
  expect(await seen({ type: 'link', from: 'node-1', to: 'node-2', bothWays: false })).toEqual(['node-2 received'])
  expect(await seen({ type: 'link', from: 'node-1', to: 'node-2', bothWays: true })).toEqual(['node-2 received', 'node-1 received'])
})

test('a filter and a snap length keep less', async () => {
  expect([...readBlocks(await captured({ type: 'lan' }, { filter: 'tcp' }, sendAround))]).toEqual([])
  expect([...readBlocks(await captured({ type: 'lan' }, { snapBytes: 21 }, sendAround))].filter(({ type }) => type === 'packet')).toMatchObject([{ bytes: 42, frame: arp.subarray(0, 21) }, { bytes: 42 }])
})

test('CT2 a reader that does not come keeps nobody waiting; what it missed is counted', () => {
  const clock = new FakeClock()
  let dropped = 0
  const tap = new CaptureTap({ target: { type: 'lan' }, filter: '', snapBytes: 65_535 }, clock, (_piece, missed) => { dropped = missed })
  const frame = Buffer.alloc(9_000)
  for (let count = 0; count < 2_000; count++) tap.sent!('node-1', frame, 0, frame.length, clock.monotonic())
  tap.taken(Buffer.alloc(0))
  for (let count = 0; count < 40; count++) tap.sent!('node-1', frame, 0, frame.length, clock.monotonic())
  expect(dropped).toBeGreaterThan(900)
})

function hasTshark(): boolean {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test.skipIf(!hasTshark())('Wireshark reads it, with interface names, direction and the same dissection', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubarium-capture-'))
  try {
    const path = join(folder, 'x.pcapng')
    writeFileSync(path, await captured({ type: 'lan' }, {}, sendAround))
    const out = execFileSync('tshark', ['-r', path, '-T', 'fields', '-e', 'frame.interface_name', '-e', 'frame.time_epoch', '-e', 'frame.packet_flags_direction', '-e', 'arp.dst.proto_ipv4'], { stdio: ['ignore', 'pipe', 'ignore'] }).toString()
    expect(out.trim().split('\n').map(line => line.split('\t'))).toEqual([
      ['node-1', expect.stringContaining('1767225601.5') as string, expect.stringMatching(/^(2|0x0*2)$/) as string, '172.30.0.12'],
      ['node-3', expect.stringContaining('1767225601.5') as string, expect.stringMatching(/^(2|0x0*2)$/) as string, '172.30.0.12'],
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
