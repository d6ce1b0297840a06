/**
 * A lab whose two virtual machines are on different networks, with a router of the lab host's between: one cluster all the same,
 * and everything that a router says of a packet is heard by the machine that sent it.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LanState } from '../../electron/contract/links.ts'
import { TestLab, eventually, whyNoLab } from './test-lab.ts'

const file = `apiVersion: kubarium.dev/v1
kind: Lab
metadata: {name: default}
spec:
  nodes: [{name: west}, {name: far, network: east}]
  networks:
    lans: [{name: east, cidr: 172.31.0.0/24}]
    routers: [{name: r1, joins: [lan, {network: east, mtuBytes: 1400}]}]
  links: [{from: far, to: '*', delay: {ms: 40}}]
`

describe.skipIf(whyNoLab('qemu') !== null)('two networks and a router', () => {
  const lab = new TestLab('qemu')
  const lan = async (): Promise<LanState> => JSON.parse((await lab.kubarium(['link', 'list', '-o', 'json'])).stdout) as LanState
  /** What ping said, whether it got answers or not. */
  const ping = async (from: string, ...argv: string[]): Promise<string> => lab.onNode(from, 'sh', '-c', `ping ${argv.join(' ')} 2>&1 || true`)

  beforeAll(async () => {
    const path = join(lab.home, 'lab.yaml')
    writeFileSync(path, file)
    const ended = await lab.kubarium(['up', '-f', path], 880_000)
    expect(ended.code, ended.stderr).toBe(0)
  }, 900_000)
  afterAll(() => lab.remove(), 120_000)

  test('the nodes have addresses on their networks, and both are Ready', async () => {
    const { items } = await lab.json<{ items: { metadata: { name: string }; status: { addresses: { type: string; address: string }[]; conditions: { type: string; status: string }[] } }[] }>(['get', 'nodes'])
    const seen = items.map(({ metadata, status }) => [metadata.name, status.addresses.find(({ type }) => type === 'InternalIP')!.address, status.conditions.find(({ type }) => type === 'Ready')!.status])
    expect(seen.toSorted()).toEqual([['far', '172.31.0.12', 'True'], ['west', '172.30.0.11', 'True']])
  })

  test('a packet between them passes the router, and the delay of the Lab file', async () => {
    const before = (await lan()).routers[0]!.counts.forwarded
    const said = await ping('west', '-c', '5', '-i', '0.3', '172.31.0.12')
    const times = [...said.matchAll(/ttl=63 time=([\d.]+) ms/g)].map(([, ms]) => Number(ms))
    expect(times.length, said).toBe(5)
    expect(Math.min(...times)).toBeGreaterThanOrEqual(40)
    const { ports, routers } = await lan()
    expect(routers[0]!.counts.forwarded - before).toBeGreaterThanOrEqual(10)
    expect(ports.map(({ name, network }) => `${name} ${network}`)).toEqual(expect.arrayContaining(['west lan', 'far east', 'r1.lan lan', 'r1.east east']))
  })

  test('the router says why a packet goes no further', async () => {
    expect(await ping('west', '-c', '1', '-t', '1', '172.31.0.12')).toMatch(/From 172\.30\.0\.1 .*Time to live exceeded/)
    expect(await ping('west', '-c', '1', '-M', 'do', '-s', '1400', '172.31.0.12')).toMatch(/From 172\.30\.0\.1 .*Frag needed and DF set \(mtu = 1400\)/)
    expect(await ping('west', '-c', '1', '-W', '5', '172.31.0.77')).toMatch(/From 172\.30\.0\.1 .*Destination Host Unreachable/)
  })

  test('pods of the two nodes reach one another through the overlay, whose outer packets the router carries', async () => {
    for (const [name, node, command] of [['server', 'far', 'httpd -f -p 8080 -h /etc'], ['client', 'west', 'sleep 100000']] as const) {
      await lab.must(['run', name, '--image=busybox', '--image-pull-policy=IfNotPresent', '--restart=Never', `--overrides={"spec":{"nodeName":"${node}","terminationGracePeriodSeconds":0}}`, '--command', '--', 'sh', '-c', command])
    }
    await lab.must(['wait', '--for=condition=Ready', 'pod/server', 'pod/client', '--timeout=200s'])
    const ip = await lab.must(['get', 'pod', 'server', '-o', 'jsonpath={.status.podIP}'])
    const answer = await eventually('an answer through the overlay', () => lab.must(['exec', 'client', '--', 'wget', '-q', '-O', '-', '-T', '5', `http://${ip}:8080/hostname`]), 60_000)
    expect(answer).toBe('server')
    const { ports } = await lan()
    for (const name of ['r1.lan', 'r1.east']) expect(ports.find(port => port.name === name)!.sent.encapsulated.vxlan, name).toBeGreaterThan(0)
  })

  test('a port of the router is captured and cut like any other', async () => {
    const capturing = lab.kubarium(['capture', 'r1.east', '--seconds', '15', '-f', 'icmp', '-o', 'json'])
    await eventually('an echo in the capture', async () => (await ping('west', '-c', '3', '-i', '0.3', '172.31.0.12')).includes('ttl=63'), 10_000)
    const { stdout } = await capturing
    expect(stdout).toContain('172.31.0.12')
    expect((await lab.kubarium(['link', 'impair', 'r1.east:far', '--down'])).code).toBe(0)
    expect(await ping('west', '-c', '2', '-W', '1', '172.31.0.12')).toContain('100% packet loss')
    expect((await lab.kubarium(['link', 'clear', 'r1.east:far'])).code).toBe(0)
    expect(await ping('west', '-c', '2', '172.31.0.12')).toContain(' 0% packet loss')
    const refused = await lab.kubarium(['link', 'impair', 'west:far', '--down'])
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('west is on lan and far on east; what passes between them passes a router: take a link to one of r1.lan')])
  })
})

describe.skipIf(whyNoLab('namespace') !== null)('links of namespace machines, whose frames do not pass the switch', () => {
  const lab = new TestLab('namespace')
  const link = async (...argv: string[]) => lab.kubarium(['link', ...argv])
  const lossFrom = async (node: string, address: string): Promise<string> => /(\d+)% packet loss/.exec(await lab.onNode(node, 'sh', '-c', `ping -c 4 -i 0.2 -W 1 ${address} || true`))![1]!

  beforeAll(() => lab.up(2), 600_000)
  afterAll(() => lab.remove(), 120_000)

  test('a partition of one direction: what is sent that way is lost, what comes the other way arrives', async () => {
    expect((await link('impair', 'node-1:node-2', '--down')).code).toBe(0)
    expect(await lossFrom('node-1', '172.30.0.12')).toBe('100')
    const { links } = JSON.parse((await link('list', '-o', 'json')).stdout) as LanState
    expect(links).toMatchObject([{ link: { from: 'node-1', to: 'node-2' }, owner: 'user', impairments: { down: true } }])
    expect(links[0]!.dropped.down).toBeGreaterThanOrEqual(1)
    expect((await link('impair', 'node-1:node-2', '--without', 'down', '--block', 'ip')).code).toBe(0) // ARP passes, so that the other direction can be seen to work
    const received = async (): Promise<number> => Number(await lab.onNode('node-1', 'sh', '-c', 'grep "^Icmp:" /proc/net/snmp | tail -1 | cut -d" " -f2'))
    const before = await received()
    expect(await lossFrom('node-2', '172.30.0.11')).toBe('100') // its questions arrive, the answers do not
    expect(await received()).toBeGreaterThanOrEqual(before + 4)
    expect((await link('clear')).code).toBe(0)
    expect(await lossFrom('node-1', '172.30.0.12')).toBe('0')
  })

  test('an expression is blocked, inside the overlay too, and nothing else', async () => {
    for (const [name, node, command] of [['server', 'node-2', 'httpd -p 8080 -h /etc; httpd -f -p 8081 -h /etc'], ['client', 'node-1', 'sleep 100000']] as const) {
      await lab.must(['run', name, '--image=busybox', '--image-pull-policy=IfNotPresent', '--restart=Never', `--overrides={"spec":{"nodeName":"${node}","terminationGracePeriodSeconds":0}}`, '--command', '--', 'sh', '-c', command])
    }
    await lab.must(['wait', '--for=condition=Ready', 'pod/server', 'pod/client', '--timeout=100s'])
    const ip = await lab.must(['get', 'pod', 'server', '-o', 'jsonpath={.status.podIP}'])
    const get = async (port: number): Promise<number> => (await lab.kubectl(['exec', 'client', '--', 'wget', '-q', '-O', '-', '-T', '3', `http://${ip}:${port}/hostname`])).code
    await eventually('an answer through the overlay', async () => await get(8080) === 0, 60_000)
    expect((await link('impair', 'node-1:node-2', '--block', 'tcp dst port 8080 and not host 10.9.9.9')).code).toBe(0)
    expect([await get(8080), await get(8081), await lossFrom('node-1', '172.30.0.12')]).toEqual([1, 0, '0'])
    expect((await link('clear')).code).toBe(0)
    expect(await get(8080)).toBe(0)
  })

  test('what its kernel cannot do is refused by name, and what a killed lab host has left is taken away or made again', async () => {
    const held = await link('impair', 'node-1:*', '--delay', '20')
    if (held.code !== 0) expect(held.stderr).toContain('the kernel of node-1 has no sch_netem')
    expect((await link('impair', 'node-1:node-2', '--flap', '10,10')).stderr).toContain('cannot flap')
    await link('clear')
    expect((await link('impair', 'node-1:node-2', '--down')).code).toBe(0)
    const injected = await lab.kubarium(['fault', 'inject', 'link-loss', 'node-2:node-1', '--set', 'percent=100'])
    expect(injected.code, injected.stderr).toBe(0)
    process.kill(lab.hostPid(), 'SIGKILL')
    await eventually('the links to be what they were', async () => (JSON.parse((await link('list', '-o', 'json')).stdout) as LanState).links.length > 0, 60_000)
    expect(await lossFrom('node-1', '172.30.0.12')).toBe('100')
    expect((await lab.kubarium(['fault', 'heal'])).code).toBe(0)
    expect((await link('clear')).code).toBe(0)
    expect(await lossFrom('node-1', '172.30.0.12')).toBe('0')
  })
})
