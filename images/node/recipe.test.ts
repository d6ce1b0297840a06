import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as recipe from './recipe.ts'

const files = join(import.meta.dirname, 'files')

test('every unit that is switched on is ours', () => {
  const units = readdirSync(join(files, 'etc/systemd/system'))
  for (const unit of Object.keys(recipe.enabledUnits)) expect(units).toContain(unit.replace(/@.*\./, '@.'))
})

test('the two containerd configurations differ only in what a namespace machine cannot have', () => {
  const read = (name: string): string[] => readFileSync(join(files, 'etc/containerd', name), 'utf8').split('\n')
  const machine = read('config.toml')
  const namespace = read('config-namespace.toml')
  const onlyIn = (a: readonly string[], b: readonly string[]): string[] => a.filter(line => !b.includes(line) && line.trim() !== '' && !line.trim().startsWith('#')).map(line => line.trim())
  expect(onlyIn(machine, namespace)).toEqual(['oom_score = -999', 'SystemdCgroup = true', 'SystemdCgroup = true'])
  expect(onlyIn(namespace, machine)).toEqual(['oom_score = 0', 'disable_apparmor = true', 'restrict_oom_score_adj = true', 'tolerate_missing_hugetlb_controller = true', 'SystemdCgroup = false', 'SystemdCgroup = false'])
  for (const line of ['sandbox_image = "registry.k8s.io/pause:3.10"', 'stream_server_address = "127.0.0.1"', 'stream_server_port = "10010"', 'config_path = "/etc/containerd/certs.d"']) {
    expect(machine.map(text => text.trim())).toContain(line)
  }
})

test('no identity is among the files', () => {
  const names = readdirSync(files, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile()).map(entry => entry.name)
  expect(names.filter(name => /^(ssh_host_.*|authorized_keys|machine-id|hostname)$/.test(name))).toEqual([])
})

test('no list names a thing twice', () => {
  for (const list of [recipe.packages, recipe.kernelModules, recipe.removedPaths, recipe.excludedPaths]) expect(new Set(list).size).toBe(list.length)
})
