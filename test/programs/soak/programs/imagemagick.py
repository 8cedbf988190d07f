"""ImageMagick: pictures made, filtered in parallel, written and read in several formats."""
STEPS = [
    ['-size', '1400x1000', '-seed', '11', 'plasma:red-blue', 'a.png'],
    ['a.png', '-resize', '60%', '-rotate', '13', '-unsharp', '0x2', 'b.jpg'],
    ['b.jpg', '-blur', '0x6', '-charcoal', '1', '-posterize', '12', 'c.gif'],
    ['a.png', '-crop', '200x200', '+repage', '-background', 'none', '-append', 'd.tiff'],
    ['a.png', 'b.jpg', '-resize', '500x500!', '-compose', 'multiply', '-composite', '-paint', '3', 'e.webp'],
    ['a.png', '-colors', '64', '-dither', 'FloydSteinberg', '-distort', 'Arc', '60', 'f.bmp'],
]


def run(job):
    """The signature of each picture: a digest of its pixels."""
    told = []
    for step in STEPS:
        job.run(['convert', *step])
        told.append(job.run(['identify', '-format', '%f %w %h %#\\n', step[-1]], counted=False))
    return ''.join(told)
