import { describe, expect, test } from 'vitest'
import type { ClientFrame, HostFrame } from '../../electron/contract/frames.ts'
import { LabBridge } from './lab-bridge.ts'
import type { TransportListener } from './transport.ts'

function make() {
  const sent: ClientFrame[] = []
  let listener!: TransportListener
  const bridge = new LabBridge({ send: frame => { sent.push(frame) }, listen: given => { listener = given }, close() {} })
  return { bridge, sent, state: (state: 'up' | 'lost') => { listener.state(state) }, frame: (frame: HostFrame) => { listener.frame(frame) } }
}

describe('bridge', () => {
  test('a call resolves with its own reply, or is refused with its error', async () => {
    const { bridge, sent, state, frame } = make()
    state('up')
    const first = bridge.call('labs/list', {})
    const second = bridge.call('labs/status', { lab: 'x' })
    frame({ id: sent[1]!.id, error: { code: 'not-found', message: 'no lab x' } })
    frame({ id: sent[0]!.id, reply: [] })
    await expect(first).resolves.toEqual([])
    await expect(second).rejects.toMatchObject({ code: 'not-found' })
  })

  test('BR1 a call waits for the link, and is refused when the link breaks under it', async () => {
    const { bridge, sent, state } = make()
    const call = bridge.call('labs/list', {})
    expect(sent).toEqual([])
    state('up')
    expect(sent).toHaveLength(1)
    state('lost')
    await expect(call).rejects.toMatchObject({ code: 'unavailable' })
  })

  test('BR2 a feed is asked for again after a loss, and told of it', () => {
    const { bridge, sent, state, frame } = make()
    const seen: unknown[] = []
    bridge.follow('labs/state', { lab: null }, { item: item => seen.push(item), lost: () => seen.push('lost') })
    state('up')
    frame({ id: sent[0]!.id, item: [] })
    state('lost')
    state('up')
    expect(seen).toEqual([[], 'lost'])
    expect(sent.map(one => ('follow' in one ? one.follow : ''))).toEqual(['labs/state', 'labs/state'])
  })

  test('BR3 a feed nobody follows is cancelled', () => {
    const { bridge, sent, state } = make()
    state('up')
    const stop = bridge.follow('labs/state', { lab: null }, { item() {} })
    stop()
    stop()
    expect(sent.slice(1)).toEqual([{ id: sent[0]!.id, cancel: true }])
  })
})
