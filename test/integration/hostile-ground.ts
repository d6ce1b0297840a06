/**
 * What every file of hostile cases stands on: after each case the server answers its health check, no turn of its event loop
 * took longer than allowed, and its memory has not grown beyond a bound.
 *
 *   HG1  A turn is measured in processor time of the thread that runs the event loop (loop-meter.ts), not by the clock: a busy
 *        machine takes turns away, but no processor time.
 *   HG2  Memory is the resident set of the server's process, threads included, above what it was before the first case.
 */
import { connect as connectTls } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import type { LoopReading } from '../../agents/runtime/index.ts'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane, ControlPlaneOptions } from './control-plane.ts'
import { rawApi } from './raw-api.ts'
import type { RawApi } from './raw-api.ts'
import type { CertifiedKey } from './test-pki.ts'

export const mebi = 1024 * 1024
/** Processor time that one turn of the event loop may take: 50 ms where nobody else works, and where others share the caches it grows by half. */
export const longestTurnMs = 80
/** A turn in which hundreds of sockets have something at once: what each needs is short, but all of it is one turn. */
export const crowdedTurnMs = 220
/** What is garbage a moment later counts too: of this process, and of its threads for large YAML and large objects. */
export const mayGrowBytes = 250 * mebi

export interface HostileGround {
  readonly plane: ControlPlane
  readonly api: RawApi
  /** As before the first case. */
  readonly quiet: LoopReading
  /** Processor time that a turn of the current case may take; longestTurnMs unless it says otherwise. */
  allowedTurnMs: number
  readLoop(): Promise<LoopReading>
}

/** Starts a control plane for the file that calls it; `warmUp` runs what would otherwise be compiled while it is measured. */
export function hostileGround(options: ControlPlaneOptions, warmUp: (ground: HostileGround) => Promise<void>): HostileGround {
  const readLoop = async () => (await ground.api.call('GET', '/debug/inspect/event-loop')).json as LoopReading
  const ground = { allowedTurnMs: longestTurnMs, readLoop } as unknown as { -readonly [K in keyof HostileGround]: HostileGround[K] }
  beforeAll(async () => {
    ground.plane = await startControlPlane(options)
    ground.api = rawApi(ground.plane)
    for (const name of ['victim', 'n']) await ground.api.call('POST', '/api/v1/namespaces', { metadata: { name } })
    await ground.api.call('POST', '/api/v1/namespaces/victim/secrets', { metadata: { name: 'hidden' }, stringData: { password: 'canary-7d1f' } })
    await warmUp(ground)
    ground.quiet = await readLoop()
  })
  afterAll(async () => {
    await ground.plane?.stop()
  })
  beforeEach(async () => {
    ground.allowedTurnMs = longestTurnMs
    await readLoop()
  })
  afterEach(async () => {
    const { longestTurnMs: longest } = await readLoop()
    expect((await ground.api.call('GET', '/healthz')).text).toBe('ok')
    expect(longest, 'processor time of the longest turn of the event loop, ms').toBeLessThan(ground.allowedTurnMs)
    await expect.poll(async () => (await readLoop()).residentBytes - ground.quiet.residentBytes, { message: 'growth of memory, a while later at the latest', interval: 2_000, timeout: 30_000 }).toBeLessThan(mayGrowBytes)
  })
  return ground
}

/** A connection of one protocol, by default as the administrator. */
export function openTls(plane: ControlPlane, { protocol = 'http/1.1', certificate = plane.admin, isPaused = false }: { readonly protocol?: 'h2' | 'http/1.1'; readonly certificate?: CertifiedKey; readonly isPaused?: boolean } = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port: Number(new URL(plane.server).port), host: '127.0.0.1', ca: plane.ca, cert: certificate.cert, key: certificate.key, ALPNProtocols: [protocol] })
    socket.once('error', reject)
    socket.once('secureConnect', () => {
      socket.on('error', () => {}).setMaxListeners(0)
      if (isPaused) socket.pause()
      resolve(socket)
    })
  })
}
