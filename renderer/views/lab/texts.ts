/** Texts of the lab screen. */
import { roomCatalogue } from '../../lib/room.ts'

export const labTexts = roomCatalogue({
  en: {
    title: 'Lab', purpose: 'Which machines and components make up this lab, and how they are.',
    none: 'No lab is here yet. Make one with: kubarium up --nodes 2',
    nodes: 'Nodes', readyNodes: '{ready} of {all} Ready', controlPlane: 'Control plane', problem: 'What is wrong',
    noNodes: 'This lab has no nodes.', apiServer: 'API server',
  },
  'zh-Hant': {
    title: '實驗室', purpose: '這個實驗室由哪些機器和元件組成，它們現在如何。',
    none: '還沒有實驗室。用這個指令建立一個：kubarium up --nodes 2', nodes: '節點', readyNodes: '{all} 個中有 {ready} 個 Ready', controlPlane: '控制平面', problem: '問題所在', noNodes: '這個實驗室沒有節點。', apiServer: 'API 伺服器',
  },
  'zh-Hans': {
    title: '实验室', purpose: '这个实验室由哪些机器和组件组成，它们现在如何。',
    none: '还没有实验室。用这个命令创建一个：kubarium up --nodes 2', nodes: '节点', readyNodes: '{all} 个中有 {ready} 个 Ready', controlPlane: '控制平面', problem: '问题所在', noNodes: '这个实验室没有节点。', apiServer: 'API 服务器',
  },
})
