// SPDX-License-Identifier: GPL-2.0-only OR MIT
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * Ask HOST PORT: asks a server for / and prints what it answers. Ask --serve: answers every request
 * with a line.
 *
 * Java can set no option that it has no name for, so that others ask for TLS on its sockets:
 *
 *	sealsock listen --cred web --port 443 --stdin -- java Ask.java --serve
 *	sealsock run --connect www.example.org:443 -- java Ask.java www.example.org 443
 *
 * The server takes its socket as inetd hands it on (System.inheritedChannel()); "sealsock run --serve 443=web"
 * is for servers that make their own.
 */
public class Ask {
	static void serve() throws IOException {
		Channel inherited = System.inheritedChannel();

		if (!(inherited instanceof ServerSocketChannel listener)) {
			System.err.println("standard input is no socket that listens");
			System.exit(2);
			return;
		}
		for (;;) {
			try (SocketChannel channel = listener.accept()) {
				channel.read(ByteBuffer.allocate(4096));
				channel.write(StandardCharsets.US_ASCII.encode(
						"HTTP/1.0 200 OK\r\n\r\nhello from Java\n"));
			} catch (IOException e) {
				System.err.println(e.getMessage());
			}
		}
	}

	public static void main(String[] args) throws IOException {
		if (args.length == 1 && args[0].equals("--serve")) {
			serve();
			return;
		}
		try (Socket socket = new Socket(args[0], Integer.parseInt(args[1]))) {
			socket.getOutputStream().write(("GET / HTTP/1.0\r\nHost: " + args[0] +
					"\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
			socket.getInputStream().transferTo(System.out);
			System.out.flush();
		}
	}
}
