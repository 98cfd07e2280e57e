// Tables for people, JSON for programs, SVG for both.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, say } from "../common.mjs";

export const folder = join(root, ".scim-edge", "bench");

export function table(heads, rows) {
  const cells = [heads, ...rows].map((row) => row.map(String));
  const widths = heads.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const line = (row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  ");
  for (const row of cells) say(line(row));
}

export function keep(name, content) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), typeof content === "string" ? content : `${JSON.stringify(content, null, 1)}\n`);
}

const COLOURS = ["#1668b8", "#d1495b", "#2e8b57", "#9467bd", "#e0912f", "#17a2a2", "#7f4f24", "#888888", "#b5179e", "#3a0ca3"];
const WIDTH = 720;
const HEIGHT = 380;
const LEFT = 70;
const RIGHT = 190;
const TOP = 40;
const BOTTOM = 50;

/**
 * Lines over two axes: `series` is `[{ name, points: [[x, y], …] }]`. A logarithmic axis shows what is
 * ten times as much one step on.
 */
export function lines(title, { x, y, logX = false, logY = false, series }) {
  const shown = series.map((one) => ({ ...one, points: one.points.filter((point) => point.every(Number.isFinite)) })).filter((one) => one.points.length > 0);
  const all = shown.flatMap((one) => one.points);
  if (all.length === 0) return "";
  const across = axis(all.map(([value]) => value), logX, LEFT, WIDTH - RIGHT);
  const up = axis(all.map(([, value]) => value), logY, HEIGHT - BOTTOM, TOP);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    `<text x="${LEFT}" y="22" font-size="15">${escape(title)}</text>`,
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${escape(x)}</text>`,
    `<text transform="translate(16 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle">${escape(y)}</text>`,
  ];
  for (const value of across.ticks) {
    parts.push(`<text x="${across.at(value)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${short(value)}</text>`);
  }
  for (const value of up.ticks) {
    parts.push(`<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${up.at(value)}" y2="${up.at(value)}" stroke="#ddd"/>`);
    parts.push(`<text x="${LEFT - 6}" y="${up.at(value) + 4}" text-anchor="end">${short(value)}</text>`);
  }
  shown.forEach(({ name, points, dashed }, number) => {
    const colour = COLOURS[number % COLOURS.length];
    const path = points.map(([a, b]) => `${across.at(a).toFixed(1)},${up.at(b).toFixed(1)}`).join(" ");
    parts.push(`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"${dashed ? ' stroke-dasharray="5 4"' : ""}/>`);
    parts.push(`<text x="${WIDTH - RIGHT + 12}" y="${TOP + 12 + number * 18}" fill="${colour}">${escape(name)}</text>`);
  });
  return `${parts.join("\n")}\n</svg>\n`;
}

function axis(values, isLog, from, to) {
  const scale = isLog ? (value) => Math.log10(Math.max(value, 1e-6)) : (value) => value;
  const low = isLog ? Math.min(...values.map(scale)) : 0;
  const high = Math.max(...values.map(scale), low + 1e-9);
  const at = (value) => from + ((scale(value) - low) / (high - low)) * (to - from);
  const powers = Array.from({ length: 13 }, (_, power) => 10 ** (power - 4)).filter((value) => scale(value) >= low - 1e-9 && scale(value) <= high + 1e-9);
  const ticks = isLog ? (powers.length > 1 ? powers : [...new Set(values)]) : [0, 1, 2, 3, 4].map((part) => (high * part) / 4);
  return { at, ticks };
}

const short = (value) => (value >= 1e6 ? `${value / 1e6}M` : value >= 1e4 ? `${Math.round(value / 1e3)}k` : String(Number(value.toPrecision(3))));
const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
