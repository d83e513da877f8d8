// How to read the page: the rules behind its words, colours and places.

export function About() {
  return (
    <section aria-labelledby="about-title" class="about">
      <h2 id="about-title">How to read it</h2>
      <dl>
        <div><dt>Time</dt><dd>The median of a complete step, from arguments in memory to outputs complete. Whiskers and brackets are 95 % intervals.</dd></div>
        <div><dt>Ratio</dt><dd>The time of one contestant over that of another, paired within rounds in which both were measured, so that a slow minute hits both.</dd></div>
        <div><dt>Faster, slower</dt><dd>The interval of the ratio excludes 1. Only then is there colour.</dd></div>
        <div><dt>Equal</dt><dd>The whole interval lies within the margin around 1. Else they are <em>not told apart</em>: more rounds may tell.</dd></div>
        <div><dt>Place</dt><dd>One more than the number of those told faster, directly or by a chain of told differences; “=” where others not told apart share it, “?” without any interval.</dd></div>
        <div><dt>Classes</dt><dd>By how much answers are off from a float64 truth: <em>exact</em> as plain float32, <em>f32-fast</em> rounds more, <em>reduced</em> and <em>quantised</em> compute with less. Each is ranked apart; what is wrong has no place.</dd></div>
        <div><dt>Limit</dt><dd>The least that a step takes on this machine, by what its processor can multiply and its memory can deliver.</dd></div>
        <div><dt>Front</dt><dd>Those of whom nobody is better in one figure without being worse in the other, by medians.</dd></div>
      </dl>
    </section>
  );
}
