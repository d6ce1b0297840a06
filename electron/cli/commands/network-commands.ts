/** link list|impair|clear, capture */
import { closeSync, openSync, writeSync } from 'node:fs'
import type { Command } from 'commander'
import type { CapturedPacket } from '../../contract/captures.ts'
import type { DelayDistribution, LanState, LinkImpairments, LossModel } from '../../contract/links.ts'
import { withHost } from '../host-session.ts'
import { UsageError, print, renderTable } from '../output.ts'
import { type LabOptions, aboutLab } from './command-parts.ts'
import { linkHelp, readLinks, readTarget } from './read-link.ts'

interface ImpairOptions extends LabOptions {
  readonly both?: boolean
  readonly delay?: string
  readonly jitter?: string
  readonly distribution?: string
  readonly loss?: string
  readonly lossEvery?: string
  readonly lossBursts?: string
  readonly correlation?: string
  readonly duplicate?: string
  readonly corrupt?: string
  readonly reorder?: string
  readonly rate?: string
  readonly queue: string
  readonly block?: string
  readonly mtu?: string
  readonly down?: boolean
  readonly flap?: string
  readonly without?: readonly string[]
}

interface CaptureOptions extends LabOptions {
  readonly write?: string
  readonly filter: string
  readonly snap: string
  readonly both?: boolean
  readonly seconds?: string
  readonly verbose?: boolean
}

type Change = { -readonly [P in keyof LinkImpairments]?: LinkImpairments[P] | null }

export function addNetworkCommands(program: Command): void {
  const link = program.command('link').description("show, impair or clear the links of a lab's network")
  aboutLab(link.command('list'))
    .description('ports of the switch with what passed, and links with what is wrong with them')
    .action((options: LabOptions) =>
      withHost(async host => {
        const lan = await host.call('links/state', { lab: options.name })
        print(options.output, lan, () => lanText(lan))
      }),
    )

  aboutLab(link.command('impair <link>'))
    .description(`change what is wrong with a link; what is not named stays as it is. A link: ${linkHelp}`)
    .option('--both', 'both directions')
    .option('--delay <ms>', 'hold every frame so long')
    .option('--jitter <ms>', 'with --delay: by how much the delay varies')
    .option('--distribution <name>', 'with --jitter: uniform, normal, pareto or pareto-normal')
    .option('--loss <percent>', 'lose frames at random')
    .option('--loss-every <n>', 'lose every n-th frame')
    .option('--loss-bursts <to-bad,to-good,bad,good>', 'lose in bursts (Gilbert-Elliott): four percentages')
    .option('--correlation <percent>', 'with --loss or --jitter: chance to share the fate of the frame before')
    .option('--duplicate <percent>', 'send frames twice')
    .option('--corrupt <percent>', 'turn over a bit')
    .option('--reorder <percent>', 'with --delay: frames that are spared it and overtake')
    .option('--rate <mbit/s>', 'let no more pass')
    .option('--queue <KiB>', 'with --rate: what may wait', '256')
    .option('--block <expression>', 'stop frames of which it holds, for example "tcp port 80"')
    .option('--mtu <bytes>', 'swallow larger packets without a word')
    .option('--down', 'let nothing pass')
    .option('--flap <up,down>', 'milliseconds that the link is up and down in turn')
    .option('--without <parameter...>', 'take parameters away: down, flap, block, mtuBytes, loss, duplicatePercent, corruptPercent, rate, delay, reorderPercent')
    .action((text: string, options: ImpairOptions) =>
      withHost(async host => {
        const change = changeOf(options)
        if (Object.keys(change).length === 0) throw new UsageError('say what is to be wrong with the link, for example --delay 20')
        let lan: LanState | undefined
        for (const one of readLinks(text, options.both === true)) lan = await host.call('links/impair', { lab: options.name, link: one, change })
        print(options.output, lan, () => linksText(lan!))
      }),
    )

  aboutLab(link.command('clear [link]'))
    .description('take away what was set with impair; without a link, everywhere')
    .option('--both', 'both directions')
    .action((text: string | undefined, options: LabOptions & { readonly both?: boolean }) =>
      withHost(async host => {
        for (const one of text === undefined ? [null] : readLinks(text, options.both === true)) await host.call('links/clear', { lab: options.name, link: one })
        print(options.output, { cleared: text ?? '*' }, () => '')
      }),
    )

  aboutLab(program.command('capture [target]'))
    .description('show the frames of a node (node-1) or link (node-1:node-2), or of the whole network; ends with Ctrl-C')
    .option('-w, --write <file>', 'write a pcapng file, for Wireshark, instead')
    .option('-f, --filter <expression>', 'only these, for example "inner (tcp port 80)", "arp or icmp", "host 10.244.1.5 and not port 53"', '')
    .option('--snap <bytes>', 'keep so many bytes of each frame', '65535')
    .option('--both', 'of a link, both directions')
    .option('--seconds <n>', 'end after so long')
    .option('-v, --verbose', 'show every layer')
    .action((text: string | undefined, options: CaptureOptions) =>
      withHost(async host => {
        const given = {
          lab: options.name,
          target: readTarget(text, options.both === true),
          filter: options.filter,
          snapBytes: readNumber(options.snap, '--snap'),
          durationMs: options.seconds === undefined ? null : Math.round(readNumber(options.seconds, '--seconds') * 1_000),
        }
        if (options.write === undefined) {
          for await (const { packets, dropped } of host.follow('captures/packets', given)) {
            for (const packet of packets) process.stdout.write(options.output === 'json' ? `${JSON.stringify(packet)}\n` : `${packetText(packet, options.verbose === true)}\n`)
            sayDropped(dropped)
          }
          return
        }
        const file = openSync(options.write, 'w', 0o600)
        process.once('SIGINT', () => { process.exit(0) }) // what has come is written
        try {
          for await (const { base64, dropped } of host.follow('captures/file', given)) {
            writeSync(file, Buffer.from(base64, 'base64'))
            sayDropped(dropped)
          }
        } finally {
          closeSync(file)
        }
      }),
    )
}

let droppedBefore = 0
function sayDropped(dropped: number): void {
  if (dropped > droppedBefore) process.stderr.write(`${dropped - droppedBefore} frames came too fast and are missing\n`)
  droppedBefore = dropped
}

function changeOf(options: ImpairOptions): Change {
  const correlation = options.correlation === undefined ? {} : { correlationPercent: readNumber(options.correlation, '--correlation') }
  const change: Change = Object.fromEntries((options.without ?? []).map(name => [name, null]))
  if (options.delay !== undefined) {
    change.delay = {
      ms: readNumber(options.delay, '--delay'),
      ...(options.jitter === undefined ? {} : { jitterMs: readNumber(options.jitter, '--jitter'), ...correlation }),
      ...(options.distribution === undefined ? {} : { distribution: options.distribution as DelayDistribution }),
    }
  }
  const loss = lossOf(options, correlation)
  if (loss !== undefined) change.loss = loss
  if (options.duplicate !== undefined) change.duplicatePercent = readNumber(options.duplicate, '--duplicate')
  if (options.corrupt !== undefined) change.corruptPercent = readNumber(options.corrupt, '--corrupt')
  if (options.reorder !== undefined) change.reorderPercent = readNumber(options.reorder, '--reorder')
  if (options.rate !== undefined) change.rate = { megabitsPerSecond: readNumber(options.rate, '--rate'), queueKiB: readNumber(options.queue, '--queue') }
  if (options.block !== undefined) change.block = options.block
  if (options.mtu !== undefined) change.mtuBytes = readNumber(options.mtu, '--mtu')
  if (options.down === true) change.down = true
  if (options.flap !== undefined) {
    const [upMs, downMs] = readNumbers(options.flap, 2, '--flap')
    change.flap = { upMs: upMs!, downMs: downMs! }
  }
  return change
}

function lossOf(options: ImpairOptions, correlation: { readonly correlationPercent?: number }): LossModel | undefined {
  const models: LossModel[] = []
  if (options.loss !== undefined) models.push({ model: 'random', percent: readNumber(options.loss, '--loss'), ...correlation })
  if (options.lossEvery !== undefined) models.push({ model: 'every', nth: readNumber(options.lossEvery, '--loss-every') })
  if (options.lossBursts !== undefined) {
    const [toBadPercent, toGoodPercent, lossInBadPercent, lossInGoodPercent] = readNumbers(options.lossBursts, 4, '--loss-bursts')
    models.push({ model: 'gilbert-elliott', toBadPercent: toBadPercent!, toGoodPercent: toGoodPercent!, lossInBadPercent: lossInBadPercent!, lossInGoodPercent: lossInGoodPercent! })
  }
  if (models.length > 1) throw new UsageError('a link loses frames in one way at a time: --loss, --loss-every or --loss-bursts')
  return models[0]
}

function readNumbers(text: string, count: number, option: string): readonly number[] {
  const numbers = text.split(',').map(part => readNumber(part, option))
  if (numbers.length !== count) throw new UsageError(`${option} takes ${count} numbers with commas between them`)
  return numbers
}

function readNumber(text: string, option: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new UsageError(`${option} takes a number, not "${text}"`)
  return value
}

function lanText(lan: LanState): string {
  const ports = renderTable(['PORT', 'NETWORK', 'LINE', 'SENT', 'RECEIVED', 'DROPPED', 'MAC'], lan.ports.map(port => [port.name, port.network, port.connected ? 'up' : 'down', `${port.sent.frames}`, `${port.received.frames}`, `${port.dropped}`, port.macs.join(' ')]))
  return [ports, ...(lan.routers.length === 0 ? [] : [routersText(lan)]), ...(lan.links.length === 0 ? [] : [linksText(lan)])].join('\n\n')
}

function routersText(lan: LanState): string {
  return renderTable(['ROUTER', 'ADDRESSES', 'ROUTES', 'FORWARDED', 'EXPIRED', 'UNREACHABLE', 'TOO LARGE', 'CUT'], lan.routers.map(({ name, interfaces, routes, counts }) => [
    name,
    interfaces.map(({ network, address, mtuBytes }) => `${network}=${address}${mtuBytes === 1_500 ? '' : ` (${mtuBytes})`}`).join(' '),
    routes.map(({ to, via }) => `${to}>${via}`).join(' ') || '-',
    ...[counts.forwarded, counts.hopsUsedUp, counts.unreachable, counts.tooLarge, counts.fragmented].map(String),
  ]))
}

function linksText(lan: LanState): string {
  if (lan.links.length === 0) return 'No link is impaired.'
  return renderTable(['LINK', 'BY', 'PASSED', 'DROPPED', 'IMPAIRMENTS'], lan.links.map(({ link, owner, passed, dropped, impairments }) => [`${link.from}:${link.to}`, owner, `${passed}`, `${Object.values(dropped).reduce((sum, count) => sum + count, 0)}`, JSON.stringify(impairments)]))
}

function packetText(packet: CapturedPacket, isVerbose: boolean): string {
  const time = new Date(packet.at).toISOString().slice(11, 23)
  const tunnel = packet.layers.find(({ name }) => name === 'vxlan' || name === 'ipip' || name === 'geneve')
  const line = `${time} ${packet.node} ${packet.direction === 'sent' ? '->' : '<-'} ${tunnel === undefined ? '' : `${tunnel.name} | `}${packet.summary} (${packet.bytes})`
  return isVerbose ? [line, ...packet.layers.map(layer => `    ${layer.name.padEnd(9)} ${layer.text}`)].join('\n') : line
}
