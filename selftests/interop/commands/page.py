# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""page.py FILE [PICTURE]: the page of "sealsock trace --html" as a person sees it. TAP.

Headless Chromium opens the page; what is checked is what its layout shows, through the browser's
debugging protocol on a pipe: texts and where they are, colors, what a click does, what it loads.
"""
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile

FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
         '--disable-background-networking', '--disable-component-update', '--disable-sync',
         '--hide-scrollbars', '--window-size=1100,900', '--remote-debugging-pipe']

count = failed = 0


def ok(good, name, why=''):
    global count, failed
    count += 1
    failed += not good
    print(('ok' if good else 'not ok'), count, name)
    if not good and why:
        print('#', str(why).replace('\n', '\n# ')[:2000])


class Browser:
    def __init__(self):
        self.home = tempfile.mkdtemp()
        down_r, down_w = os.pipe()
        up_r, up_w = os.pipe()
        # The browser reads commands from descriptor 3 and writes answers to 4.
        self.process = subprocess.Popen(
            ['/bin/sh', '-c', f'exec "$@" 3<&{down_r} 4>&{up_w}', 'sh',
             shutil.which('chromium') or 'chromium', *FLAGS, '--user-data-dir=' + self.home],
            pass_fds=(down_r, up_w), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(down_r)
        os.close(up_w)
        self.to, self.back = down_w, up_r
        self.buffer = b''
        self.serial = 0
        self.session = None
        self.events = []
        target = self.call('Target.createTarget', url='about:blank')['targetId']
        self.session = self.call('Target.attachToTarget', targetId=target,
                                 flatten=True)['sessionId']
        for domain in ('Page', 'Runtime', 'Network', 'Log'):
            self.call(domain + '.enable')

    def receive(self):
        while b'\0' not in self.buffer:
            part = os.read(self.back, 1 << 20)
            if not part:
                raise SystemExit('Bail out! the browser has gone')
            self.buffer += part
        one, self.buffer = self.buffer.split(b'\0', 1)
        return json.loads(one)

    def call(self, method, **params):
        self.serial += 1
        message = {'id': self.serial, 'method': method, 'params': params}
        if self.session:
            message['sessionId'] = self.session
        os.write(self.to, json.dumps(message).encode() + b'\0')
        while True:
            answer = self.receive()
            if answer.get('id') == self.serial:
                if 'error' in answer:
                    raise SystemExit(f'Bail out! {method}: {answer["error"]}')
                return answer['result']
            self.events.append(answer)

    def open(self, url):
        self.events.clear()
        self.call('Page.navigate', url=url)
        while not any(e.get('method') == 'Page.loadEventFired' for e in self.events):
            self.events.append(self.receive())

    def eval(self, code):
        r = self.call('Runtime.evaluate', expression=code, returnByValue=True)
        if 'exceptionDetails' in r:
            raise SystemExit('Bail out! ' + json.dumps(r['exceptionDetails'])[:500])
        return r['result'].get('value')

    def click(self, x, y):
        for kind in ('mousePressed', 'mouseReleased'):
            self.call('Input.dispatchMouseEvent', type=kind, x=x, y=y, button='left', clickCount=1)

    def size(self, width, height):
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=height,
                  deviceScaleFactor=1, mobile=False)

    def close(self):
        os.close(self.to)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.back)
        shutil.rmtree(self.home, ignore_errors=True)


# Every text of the drawing with its box on the screen.
TEXTS = '''[...document.querySelectorAll('svg text')].map(t => {
	const r = t.getBoundingClientRect();
	return [t.textContent, r.left, r.top, r.right, r.bottom, getComputedStyle(t).visibility];
})'''
ARROWS = '''[...document.querySelectorAll('svg a g:not(.keys)')].map(g => {
	const name = g.querySelector('.name'), tip = g.querySelector('.tip').getBoundingClientRect();
	return [name.textContent, g.getAttribute('class'),
		getComputedStyle(g.querySelector('.arrow')).stroke,
		tip.left > innerWidth / 2 ? 'right' : 'left'];
})'''
BOX = '''(() => { const r = document.querySelector('%s').getBoundingClientRect();
	return [r.left, r.top, r.right, r.bottom]; })()'''


def overlaps(texts):
    """Pairs of texts that cover each other by more than a pixel."""
    bad = []
    for i, a in enumerate(texts):
        for b in texts[i + 1:]:
            if (min(a[3], b[3]) - max(a[1], b[1]) > 1 and min(a[4], b[4]) - max(a[2], b[2]) > 1):
                bad.append((a[0], b[0]))
    return bad


def check_drawing(b, width):
    box = b.eval(BOX % 'svg')
    texts = b.eval(TEXTS)
    outside = [t[0] for t in texts
               if t[1] < box[0] - 1 or t[3] > box[2] + 1 or t[2] < box[1] - 1 or t[4] > box[3] + 1
               or t[5] != 'visible']
    ok(texts and not outside, f'{width} pixels wide: all {len(texts)} texts are in the drawing',
       outside)
    ok(not overlaps(texts), f'{width} pixels wide: no text covers another', overlaps(texts))
    ok(b.eval('document.documentElement.scrollWidth <= innerWidth'),
       f'{width} pixels wide: the page fits')


def check_messages(b, want):
    arrows = b.eval(ARROWS)
    got = [a[0] for a in arrows]
    at = -1
    for name in want['order']:
        later = [i for i, g in enumerate(got) if g == name and i > at]
        ok(bool(later), f'{name} is there, in its place', got)
        if not later:
            break
        at = later[0]
    colors = {'open': set(), 'sealed': set()}
    for name, kind, color, side in arrows:
        kind = kind.split()[0]
        if kind in colors:
            colors[kind].add(color)
        if name in want['clear']:
            ok(kind == 'open', f'{name} is drawn as readable', kind)
        if name in want['sealed']:
            ok(kind == 'sealed', f'{name} is drawn as encrypted', kind)
    ok(colors['open'] and colors['sealed'] and not colors['open'] & colors['sealed'],
       'readable and encrypted have colors of their own', colors)
    first = arrows[0]
    ok(first[0] == 'ClientHello' and first[3] == 'right', 'ClientHello points to the server', first)


def check_click(b):
    target = "document.getElementById('e1')"
    ok(not b.eval(target + '.checkVisibility()'), 'details are folded at first')
    box = b.eval(BOX % '#a1 .band')
    b.click(box[0] + 80, (box[1] + box[3]) / 2)
    for _ in range(50):
        if b.eval(target + '.checkVisibility()'):
            break
    ok(b.eval(target + '.checkVisibility()'), 'a click on an arrow unfolds its fields')
    box = b.eval(BOX % '#e1')
    ok(box[1] < b.eval('innerHeight'), 'and goes there', box)
    ok('random' in b.eval(target + '.innerText'), 'the client random is among them')


def check_quiet(b):
    loads = [e['params']['request']['url'] for e in b.events
             if e.get('method') == 'Network.requestWillBeSent']
    ok(len(loads) == 1 and loads[0].startswith('file:'), 'nothing else is loaded', loads)
    errors = [e['params']['entry']['text'] for e in b.events if e.get('method') == 'Log.entryAdded']
    ok(not errors, 'the browser has nothing to complain of', errors)
    ok(b.eval("document.querySelectorAll('script').length") == 0, 'there is no script')


def main():
    path = os.path.abspath(sys.argv[1])
    want = json.loads(sys.argv[2])
    picture = sys.argv[3] if len(sys.argv) > 3 else None
    b = Browser()
    try:
        b.size(1100, 900)
        b.open('file://' + path)
        check_quiet(b)
        body = b.eval('document.body.innerText')
        for text in want['texts']:
            ok(text in body, f'it says: {text}', body[:1500])
        html = b.eval('document.body.textContent')
        for text in want.get('not', []):
            ok(text not in html, f'it does not say: {text[:40]}')
        check_messages(b, want)
        for width in (1100, 700, 400):
            b.size(width, 900)
            check_drawing(b, width)
        b.size(1100, 900)
        if picture:
            b.size(1100, 2200)
            shot = b.call('Page.captureScreenshot', format='png')['data']
            with open(picture, 'wb') as f:
                f.write(base64.b64decode(shot))
            b.size(1100, 900)
        check_click(b)
    finally:
        b.close()
    print(f'1..{count}')
    return failed > 0


sys.exit(main())
