/** trace: the story of an object, told while it happens or as far as it is known */
import { readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { storyFormat } from '../../contract/stories.ts'
import type { Story, StoryStep, StorySubject } from '../../contract/stories.ts'
import { sentenceText } from '../../contract/story-sentences.ts'
import { withHost } from '../host-session.ts'
import { UsageError, print } from '../output.ts'
import { type LabOptions, aboutLab } from './command-parts.ts'

interface TraceOptions extends LabOptions {
  readonly namespace?: string
  readonly follow?: boolean
  readonly filename?: string
  readonly for: string
  readonly export?: string
  readonly open?: string
}

export function addTraceCommand(program: Command): void {
  aboutLab(program.command('trace [object]'))
    .description('the story of an object across all components, e.g. deployment/web: what woke what, what was read and written, and why')
    .option('-n, --namespace <namespace>', 'namespace of the object')
    .option('-f, --filename <file>', 'apply this manifest (- is stdin) and tell its story')
    .option('--follow', 'go on telling until Ctrl-C; the object need not exist yet')
    .option('--for <seconds>', 'with a manifest: how long to listen before telling', '10')
    .option('--export <file>', 'write the story to a file that any lab can open')
    .option('--open <file>', 'tell the story in a file')
    .addHelpText('after', '\nComponents record only while a story is followed: of what happened before, the audit log tells.\n')
    .action(async (object: string | undefined, options: TraceOptions) => {
      if (options.open !== undefined) {
        tell(readStory(await readFile(options.open, 'utf8'), options.open), options)
        return
      }
      await traceLive(object, options)
    })
}

async function traceLive(object: string | undefined, options: TraceOptions): Promise<void> {
  if ((object === undefined) === (options.filename === undefined)) throw new UsageError('name an object (deployment/web) or a manifest (-f FILE)')
  const listenSeconds = Number(options.for)
  if (!(listenSeconds > 0)) throw new UsageError(`--for takes a number of seconds, not "${options.for}"`)
  await withHost(async host => {
    const subject: StorySubject = options.filename === undefined
      ? await host.call('stories/find', { lab: options.name, namespace: options.namespace ?? null, ...partsOf(object!) })
      : await host.call('stories/apply', { lab: options.name, manifest: readFileSync(options.filename === '-' ? 0 : options.filename, 'utf8') })
    const endsAt = performance.now() + (options.filename === undefined ? 0 : listenSeconds * 1_000)
    const told = new Set<string>()
    let last: Story | undefined
    const stories = host.follow('stories/follow', { lab: options.name, subject })
    for (;;) {
      const next = await Promise.race([stories.next(), ...(options.follow === true || last === undefined ? [] : [pause(Math.max(0, endsAt - performance.now()))])])
      if (next === undefined || next.done === true) break
      if (last === undefined && options.follow === true) process.stderr.write('The components record; Ctrl-C ends it.\n')
      last = next.value
      if (options.follow === true) tellNew(last, told, options)
      if (options.export !== undefined) await writeFile(options.export, `${JSON.stringify(last)}\n`, { mode: 0o600 })
    }
    if (last !== undefined && options.follow !== true) tell(last, options)
  })
}

function pause(delayMs: number): Promise<undefined> {
  return new Promise(resolve => { setTimeout(() => { resolve(undefined) }, delayMs) })
}

function partsOf(object: string): { readonly kind: string; readonly name: string } {
  const [kind, name, ...rest] = object.split('/')
  if (kind === undefined || name === undefined || name === '' || rest.length > 0) throw new UsageError(`name the object as KIND/NAME, e.g. deployment/web, not "${object}"`)
  return { kind, name }
}

export function readStory(text: string, file: string): Story {
  let story: Partial<Story> | null
  try {
    story = JSON.parse(text) as Partial<Story> | null
  } catch {
    throw new UsageError(`${file} is not JSON`)
  }
  if (story?.format !== storyFormat || !Array.isArray(story.steps)) throw new UsageError(`${file} is no story of format ${storyFormat}`)
  return story as Story
}

function tell(story: Story, { output }: TraceOptions): void {
  print(output, story, () => [
    ...story.objects.map(({ id, parent }) => (parent === null ? id : `${id} (made for ${parent})`)), '',
    ...story.steps.map(step => stepText(step, story.steps[0]!.startMs)),
    ...story.silent.map(({ component, reason }) => `${component} could not be read: ${reason}`),
    ...(story.steps.length === 0 ? ['Nothing is known of it. Follow it with --follow while it is made or changed.'] : []),
  ].join('\n'))
}

function tellNew(story: Story, told: Set<string>, { output }: TraceOptions): void {
  for (const step of story.steps) {
    if (told.has(step.id)) continue
    told.add(step.id)
    process.stdout.write(`${output === 'json' ? JSON.stringify(step) : stepText(step, story.steps[0]!.startMs)}\n`)
  }
}

function stepText(step: StoryStep, beginMs: number): string {
  const where = step.node === null ? step.component : `${step.component}@${step.node}`
  const changes = (step.wrote?.changes ?? []).map(({ path, before, after }) => `\n${' '.repeat(30)}${path}: ${before ?? '(none)'} → ${after ?? '(none)'}`)
  return `${`+${(step.startMs - beginMs).toFixed(1)} ms`.padStart(13)}  ${step.lane.padEnd(14)} ${sentenceText(step.why, 'en')} [${where}, ${step.durationMs.toFixed(1)} ms]${step.error === null ? '' : ` ERROR ${step.error}`}${changes.join('')}`
}
