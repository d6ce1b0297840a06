import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type DoctorSurroundings, examine, installCommand, packagesToInstall } from './doctor.ts'

let dir: string
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'kubarium-doctor-')) })
afterEach(() => { rmSync(dir, { recursive: true, force: true }) })

function around(programs: readonly string[], change: Partial<DoctorSurroundings> = {}): DoctorSurroundings {
  for (const program of programs) {
    writeFileSync(join(dir, program), '')
    chmodSync(join(dir, program), 0o755)
  }
  return { environment: { PATH: dir }, home: join(dir, 'home'), isRoot: true, hasNodeImage: false, node: process.execPath, virtualMachines: { text: 'Machines run with KVM. A virtual machine has 2 processors unless it says otherwise.', isAccelerated: true }, ...change }
}

const find = (findings: ReturnType<typeof examine>, check: string) => findings.find(finding => finding.check === check)

test('DR1 DR2 a program that is not there is named with the command that installs it', () => {
  const findings = examine(around(['qemu-img', 'mmdebstrap']))
  expect(find(findings, 'qemu-system-x86_64')).toMatchObject({ state: 'missing', text: 'qemu-system-x86_64 was not found; it runs the workers as virtual machines.' })
  expect(find(findings, 'qemu-system-x86_64')?.remedy).toContain('qemu-system-x86')
  expect(find(findings, 'qemu-img')).toMatchObject({ state: 'ok', remedy: null })
  expect(find(findings, 'kubectl')?.state).toBe('warning')
  expect(packagesToInstall(findings, true)).toContain('qemu-system-x86')
  expect(packagesToInstall(findings, true)).not.toContain('kubernetes-client')
  expect(packagesToInstall(findings, false)).toContain('kubernetes-client')
})

test('what builds the image is not needed once it is there', () => {
  expect(find(examine(around([], { hasNodeImage: true })), 'mmdebstrap')).toBeUndefined()
  expect(find(examine(around([], { isRoot: false })), 'newuidmap')).toBeDefined()
})

test('acceleration and the processors that follow from it are said as they were found', () => {
  const emulated = { text: 'Machines run by software emulation. A virtual machine has one processor unless it says otherwise.', isAccelerated: false }
  expect(find(examine(around([])), 'acceleration')).toMatchObject({ state: 'ok', text: 'Machines run with KVM. A virtual machine has 2 processors unless it says otherwise.', remedy: null })
  expect(find(examine(around([], { virtualMachines: emulated })), 'acceleration')).toMatchObject({ state: 'warning', text: emulated.text })
  expect(find(examine(around([], { virtualMachines: { text: null, isAccelerated: false } })), 'acceleration')).toMatchObject({ state: 'warning', remedy: null })
})

test('kubectl may be named by the environment', () => {
  writeFileSync(join(dir, 'mine'), '')
  expect(find(examine(around([], { environment: { PATH: '', KUBARIUM_KUBECTL: join(dir, 'mine') } })), 'kubectl')?.state).toBe('ok')
})

test('a user who is not root is told sudo', () => {
  expect(installCommand(['a', 'b'], false)).toBe('sudo apt-get install -y --no-install-recommends a b')
  expect(installCommand(['a'], true)).toBe('apt-get install -y --no-install-recommends a')
})
