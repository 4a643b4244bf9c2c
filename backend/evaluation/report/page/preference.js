/* From answers to preferences. An answer: {picture, left, right, kept: "left"|"right"|"same"}. */

/* Wilson's score interval, 95%, of k out of n (E. B. Wilson 1927): [low, high]; [0, 1] of nothing. */
function wilsonInterval(k, n) {
  if (n === 0) return [0, 1];
  const z = 1.959963984540054;
  const share = k / n;
  const middle = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const spread = Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  const reach = (z * spread) / (1 + (z * z) / n);
  return [Math.max(0, middle - reach), Math.min(1, middle + reach)];
}

/* One preference for each pair of methods that was judged, the one kept more often first. */
function preferencesOf(answers) {
  const pairs = new Map();
  for (const answer of answers) {
    const methods = [answer.left, answer.right].sort();
    const key = JSON.stringify(methods);
    if (!pairs.has(key)) pairs.set(key, { methods, kept: [0, 0], same: 0 });
    const pair = pairs.get(key);
    if (answer.kept === "same") pair.same += 1;
    else pair.kept[methods.indexOf(answer[answer.kept])] += 1;
  }
  return [...pairs.values()].map((pair) => {
    if (pair.kept[1] > pair.kept[0]) {
      pair.methods.reverse();
      pair.kept.reverse();
    }
    const judged = pair.kept[0] + pair.kept[1];
    const share = judged ? pair.kept[0] / judged : null;
    return { ...pair, share, interval: wilsonInterval(pair.kept[0], judged) };
  });
}
