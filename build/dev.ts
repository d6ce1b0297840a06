/**
 * The developer's loop: builds, brings the default lab up, and when a source changes builds again and restarts the
 * components it went into. Ends with Ctrl-C; the lab stays.
 */
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, watch } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const rooms = ['agents', 'electron', 'renderer']
const settleMs = 300

function run(argv: readonly string[]): boolean {
  return spawnSync(process.execPath, argv, { cwd: root, stdio: 'inherit' }).status === 0
}

/** Digest of each output's inputs, as the build remembers them. */
function stamps(): Record<string, string> {
  try {
    const { outputs } = JSON.parse(readFileSync(join(root, 'dist', 'stamp.json'), 'utf8')) as { outputs: Record<string, unknown> }
    return Object.fromEntries(Object.entries(outputs).map(([output, inputs]) => [output, JSON.stringify(inputs)]))
  } catch {
    return {}
  }
}

function rebuild(): void {
  const before = stamps()
  if (!run([join(root, 'build', 'bundle.ts')])) return
  const after = stamps()
  const changed = Object.keys(after).filter(output => after[output] !== before[output])
  for (const output of changed) {
    const component = /^agents\/(etcd|kube-apiserver|kube-scheduler|kube-controller-manager|cloud-controller-manager|metrics-server)\.mjs$/.exec(output)?.[1]
    if (component !== undefined) run([join(root, 'electron', 'cli', 'launch.mjs'), 'component', 'restart', component])
  }
  if (changed.includes('labhost.mjs')) {
    run([join(root, 'electron', 'cli', 'launch.mjs'), 'host', 'stop'])
    run([join(root, 'electron', 'cli', 'launch.mjs'), 'status'])
  }
  if (changed.length > 0) process.stdout.write(`changed: ${changed.join(', ')}\n`)
}

if (!run([join(root, 'build', 'bundle.ts')])) process.exit(1)
const app = spawn(process.execPath, [join(root, 'electron', 'cli', 'launch.mjs'), 'start'], { cwd: root, stdio: 'inherit' })
app.on('close', () => {
  let timer: NodeJS.Timeout | undefined
  for (const room of rooms) {
    watch(join(root, room), { recursive: true }, (_, name) => {
      if (name === null || name.endsWith('.test.ts')) return
      clearTimeout(timer)
      timer = setTimeout(rebuild, settleMs)
    })
  }
  process.stdout.write('watching for changes; Ctrl-C ends the watching, the lab stays\n')
})
