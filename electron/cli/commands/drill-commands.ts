/** drill list|show|preview|run|verify|stop|runs|report */
import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Command } from 'commander'
import { secondsText } from '../../contract/drill-course.ts'
import { targetText } from '../../contract/fault-target-text.ts'
import type { DrillChoice, DrillImpact, DrillRepair, DrillRun, DrillSummary } from '../../contract/drills.ts'
import type { ContractClient } from '../contract-client.ts'
import { withHost } from '../host-session.ts'
import { UsageError, print, renderTable } from '../output.ts'
import { type LabOptions, aboutLab, withOutput } from './command-parts.ts'
import { reachText } from './fault-commands.ts'

interface DrillOptions extends LabOptions {
  readonly file?: string
  readonly seed?: string
  readonly expert?: boolean
  readonly report?: string
  readonly html?: boolean
}

const fileHelp = 'a Drill file of your own instead of one by name'

export function addDrillCommands(program: Command): void {
  const drill = program.command('drill').description('practise: a hypothesis, faults on a time line, and a verdict')
  withOutput(drill.command('list'))
    .description('the drills that come with Kubarium')
    .action((options: Pick<LabOptions, 'output'>) =>
      withHost(async host => {
        const drills = await host.call('drills/list', {})
        print(options.output, drills, () => renderTable(['DRILL', 'NODES', 'PROVIDER', 'TIME', 'WHAT IT IS ABOUT'], drills.map(one => [one.name, String(one.needs.nodes), one.needs.providers?.join(',') ?? 'any', secondsText(one.durationMs), one.title.en])))
      }),
    )

  withOutput(drill.command('show [name]'))
    .description('what a drill says, and how an expert would repair it')
    .option('--file <path>', fileHelp)
    .action((name: string | undefined, options: DrillOptions) =>
      withHost(async host => {
        const read = await host.call('drills/read', { drill: choiceOf(name, options) })
        print(options.output, read, () => summaryText(read))
      }),
    )

  aboutDrill(drill.command('preview [name]'))
    .description('which nodes, pods and Services its faults would select now')
    .action((name: string | undefined, options: DrillOptions) =>
      withHost(async host => {
        const impact = await host.call('drills/preview', { lab: options.name, drill: choiceOf(name, options), seed: seedOf(options) })
        print(options.output, impact, () => impactText(impact))
      }),
    )

  aboutDrill(drill.command('run [name]'))
    .description('run it and watch; ends with 0 if what must hold held')
    .option('--expert', 'let the steps of the drill repair what it breaks')
    .option('--report <path>', 'write the report there when it is over: HTML, or JSON if it ends in .json')
    .action((name: string | undefined, options: DrillOptions) =>
      withHost(async host => {
        const run = await runToItsEnd(host, name, options, options.expert === true ? 'expert' : 'none')
        if (options.report !== undefined) writeFileSync(options.report, (await host.call('drills/report', { lab: options.name, id: run.id, form: options.report.endsWith('.json') ? 'json' : 'html' })).text, { mode: 0o600 })
        print(options.output, run, () => verdictText(run))
        if (run.verdict !== 'passed') throw new Error(`${run.drill}: ${run.verdict}${run.problem === null ? '' : `: ${run.problem}`}`)
      }),
    )

  aboutDrill(drill.command('verify [name]'))
    .description('show that it fails when nobody repairs and passes when an expert does')
    .action((name: string | undefined, options: DrillOptions) =>
      withHost(async host => {
        const alone = await runToItsEnd(host, name, options, 'none')
        const repaired = await runToItsEnd(host, name, { ...options, seed: String(alone.seed) }, 'expert')
        print(options.output, { alone, repaired }, () => `Nobody repaired: ${verdictText(alone)}\n\nAn expert did: ${verdictText(repaired)}`)
        if (alone.verdict !== 'failed' && alone.verdict !== 'aborted') throw new Error(`${alone.drill} should fail when nobody repairs, and ${alone.verdict === 'passed' ? 'passed' : `could not be run: ${alone.problem}`}`)
        if (repaired.verdict !== 'passed') throw new Error(`${repaired.drill} should pass when an expert repairs: ${repaired.verdict}${repaired.problem === null ? '' : `: ${repaired.problem}`}`)
      }),
    )

  aboutLab(drill.command('stop'))
    .description('end the drill that runs; everything is put back')
    .action((options: LabOptions) =>
      withHost(async host => {
        const run = await host.call('drills/stop', { lab: options.name })
        print(options.output, run, () => verdictText(run))
      }),
    )

  aboutLab(drill.command('runs'))
    .description('the last runs')
    .action((options: LabOptions) =>
      withHost(async host => {
        const runs = await host.call('drills/runs', { lab: options.name })
        print(options.output, runs, () => (runs.length === 0 ? 'No drill was run in this lab.' : renderTable(['ID', 'DRILL', 'SEED', 'REPAIR', 'STARTED', 'VERDICT', 'SCORE'], runs.map(run => [run.id, run.drill, String(run.seed), run.repair, run.startedAt, run.verdict ?? run.phase, run.score === null ? '-' : String(run.score)]))))
      }),
    )

  aboutLab(drill.command('report <id>'))
    .description('print the report of a run')
    .option('--html', 'as a page that stands alone; else JSON')
    .action((id: string, options: DrillOptions) =>
      withHost(async host => { process.stdout.write((await host.call('drills/report', { lab: options.name, id, form: options.html === true ? 'html' : 'json' })).text) }),
    )
}

function aboutDrill(command: Command): Command {
  return aboutLab(command).option('--file <path>', fileHelp).option('--seed <number>', 'the same seed makes the same time line and choices')
}

function choiceOf(name: string | undefined, { file }: DrillOptions): DrillChoice {
  if (file !== undefined && name !== undefined) throw new UsageError('say a name or --file, not both')
  if (file !== undefined) return { file: basename(file), text: readFileSync(file, 'utf8') }
  if (name === undefined) throw new UsageError('say which drill: its name (`kubarium drill list`) or --file PATH')
  return { name }
}

function seedOf({ seed }: DrillOptions): number | null {
  if (seed === undefined) return null
  const number = Number(seed)
  if (!Number.isInteger(number) || number < 0 || number > 2 ** 31) throw new UsageError(`"${seed}" is not a seed; write a whole number`)
  return number
}

/** What happens is said on stderr while it does. */
async function runToItsEnd(host: ContractClient, name: string | undefined, options: DrillOptions, repair: DrillRepair): Promise<DrillRun> {
  const { id } = await host.call('drills/run', { lab: options.name, drill: choiceOf(name, options), seed: seedOf(options), repair })
  const told = new Told(line => { process.stderr.write(`${line}\n`) })
  for await (const run of host.follow('drills/state', { lab: options.name })) {
    if (run?.id !== id) continue
    told.tell(run)
    if (run.phase === 'over') return run
  }
  throw new Error('the lab host ended before the drill did')
}

/** Says of a run that is looked at again and again what is new. */
class Told {
  readonly #write: (line: string) => void
  readonly #held = new Map<string, boolean>()
  #marks = 0

  constructor(write: (line: string) => void) {
    this.#write = write
  }

  tell(run: DrillRun): void {
    const lines = run.marks.filter(({ kind }) => kind !== 'event').slice(this.#marks).map(({ atMs, kind, text }) => ({ atMs, text: kind === 'phase' ? `── ${text}` : `${kind}: ${text}` }))
    this.#marks += lines.length
    for (const [probe, samples] of Object.entries(run.samples)) {
      const last = samples.at(-1)
      if (last === undefined || this.#held.get(probe) === last.ok) continue
      this.#held.set(probe, last.ok)
      lines.push({ atMs: last.atMs, text: `${last.ok ? '✔' : '✖'} ${probe}: ${last.seen}` })
    }
    for (const { atMs, text } of lines.toSorted((a, b) => a.atMs - b.atMs)) this.#write(`${(run.brokenAt === null ? '' : secondsText(atMs)).padStart(8)}  ${text}`)
  }
}

function summaryText(drill: DrillSummary): string {
  return [`${drill.title.en} (${drill.name}, ${secondsText(drill.durationMs)}, ${drill.needs.nodes} nodes)`, '', drill.hypothesis.en, '', drill.explanation.en, '', `Probes: ${drill.probes.join(', ')}`, ...(drill.repair.length === 0 ? [] : ['', 'An expert would:', ...drill.repair.map(command => `  ${command}`)])].join('\n')
}

function impactText(impact: DrillImpact): string {
  return [
    renderTable(['AT', 'FAULT', 'TARGET', 'FOR'], impact.injections.map(({ atMs, kind, target, durationMs }) => [secondsText(atMs), kind, targetText(target), durationMs === null ? 'the drill' : secondsText(durationMs)])),
    '', reachText(impact),
    ...(impact.later.length === 0 ? [] : [`Chosen or made only when it runs: ${impact.later.join(', ')}`]),
  ].join('\n')
}

function verdictText(run: DrillRun): string {
  return [
    `${run.verdict}${run.score === null ? '' : `, ${run.score} of 100`} (run ${run.id}, seed ${run.seed})${run.problem === null ? '' : `\n${run.problem}`}`,
    renderTable(['', 'PROBE', 'RULE', 'EVIDENCE'], run.checks.map(({ met, probe, rule, evidence }) => [met === true ? '✔' : met === false ? '✖' : '?', probe, rule, evidence])),
  ].join('\n')
}
