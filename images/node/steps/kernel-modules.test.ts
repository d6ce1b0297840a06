import { expect, test } from 'vitest'
import { planModules, readModulesDep, readSoftDependencies } from './kernel-modules.ts'

const graph = readModulesDep(`kernel/net/bridge/br_netfilter.ko.xz: kernel/net/bridge/bridge.ko.xz kernel/net/802/stp.ko.xz kernel/net/llc/llc.ko.xz
kernel/net/bridge/bridge.ko.xz: kernel/net/802/stp.ko.xz kernel/net/llc/llc.ko.xz
kernel/net/802/stp.ko.xz: kernel/net/llc/llc.ko.xz
kernel/net/llc/llc.ko.xz:
kernel/fs/overlayfs/overlay.ko.xz:
kernel/crypto/chacha-generic.ko.xz:
`)

test('dependencies come first, and nothing unasked for', () => {
  expect(planModules(graph, new Set(), new Map(), ['br_netfilter']).paths.map(path => path.split('/').at(-1))).toEqual(['llc.ko.xz', 'stp.ko.xz', 'bridge.ko.xz', 'br_netfilter.ko.xz'])
})

test('KM1 what is built in is no loss, what is nowhere is reported', () => {
  expect(planModules(graph, new Set(['ext4']), new Map(), ['ext4', 'nft_objref', 'overlay'])).toEqual({ paths: ['kernel/fs/overlayfs/overlay.ko.xz'], missing: ['nft_objref'] })
})

test('KM2 soft dependencies are taken along, dashes and underscores are one', () => {
  const soft = readSoftDependencies('# c\nsoftdep overlay pre: chacha_generic post: missing\n')
  expect(planModules(graph, new Set(), soft, ['overlay']).paths).toEqual(['kernel/crypto/chacha-generic.ko.xz', 'kernel/fs/overlayfs/overlay.ko.xz'])
})
