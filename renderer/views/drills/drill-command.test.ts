import { expect, test } from 'vitest'
import { runCommand } from './drill-command.ts'

test('the command names the drill or its file, the seed and who repairs', () => {
  expect(runCommand({ name: 'one-pod-dies' }, null, 'none', 'default')).toBe('kubarium drill run one-pod-dies')
  expect(runCommand({ file: 'my drill.yaml', text: '' }, 7, 'expert', 'two')).toBe(`kubarium drill run --file 'my drill.yaml' --seed 7 --expert --name two`)
})
