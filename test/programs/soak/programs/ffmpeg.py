"""ffmpeg: a test picture and tone through filters, encoded by x264 and AAC in several threads, decoded again."""


def run(job):
    """Digests of every decoded frame of the file that was made, and of the frames scaled by threaded filters."""
    job.run(['ffmpeg', '-v', 'error', '-nostdin', '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25:duration=8',
             '-f', 'lavfi', '-i', 'sine=frequency=440:duration=8', '-vf', 'hue=H=t,unsharp,drawbox=t=20',
             '-c:v', 'libx264', '-preset', 'medium', '-threads', '4', '-c:a', 'aac', '-flags', '+bitexact',
             '-fflags', '+bitexact', 'made.mp4'])
    frames = job.run(['ffmpeg', '-v', 'error', '-nostdin', '-threads', '3', '-i', 'made.mp4', '-f', 'framemd5', '-'])
    small = job.run(['ffmpeg', '-v', 'error', '-nostdin', '-i', 'made.mp4', '-vf', 'yadif,scale=320:-2,boxblur',
                     '-c:v', 'mpeg4', '-threads', '2', '-f', 'md5', '-'])
    return frames + small
