// SPDX-License-Identifier: MIT
// java: direct buffers of 1 MiB, written, 64 of them live at a time.
import java.nio.ByteBuffer;

public class Direct {
	public static void main(String[] arguments) {
		ByteBuffer[] live = new ByteBuffer[64];
		for (int i = 0; i < 3000; i++) {
			ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
			for (int at = 0; at < buffer.capacity(); at += 4096)
				buffer.put(at, (byte) i);
			live[i % live.length] = buffer;
		}
		System.out.println(live.length);
	}
}
