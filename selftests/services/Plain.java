// SPDX-License-Identifier: GPL-2.0-only OR MIT
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;

/**
 * Plain serve PORT DIR, given DIR (with the socket that is standard input), get N URL: HTTP in the
 * clear. serve by the JDK's server (a selector), given by channels and transferTo() (sendfile), get by
 * java.net.http, N times at once: it prints what the SHA-256 of each answer is.
 */
public class Plain {
	static void answer(HttpExchange exchange, Path dir) throws IOException {
		Path file = dir.resolve(exchange.getRequestURI().getPath().substring(1));

		try (exchange) {
			exchange.getRequestBody().readAllBytes();
			exchange.sendResponseHeaders(200, Files.size(file));
			Files.copy(file, exchange.getResponseBody());
		}
	}

	static void serve(int port, Path dir) throws IOException {
		HttpServer server = HttpServer.create(new InetSocketAddress(port), 0);

		server.createContext("/", exchange -> answer(exchange, dir));
		server.setExecutor(Executors.newFixedThreadPool(4));
		server.start();
	}

	static void send(SocketChannel to, Path file) throws IOException {
		ByteBuffer head = StandardCharsets.US_ASCII.encode("HTTP/1.0 200 OK\r\nContent-Length: " +
				Files.size(file) + "\r\n\r\n");

		while (head.hasRemaining())
			to.write(head);
		try (FileChannel from = FileChannel.open(file)) {
			for (long at = 0; at < from.size();)
				at += from.transferTo(at, from.size() - at, to);
		}
	}

	static void given(Path dir) throws IOException {
		ServerSocketChannel listener = (ServerSocketChannel)System.inheritedChannel();

		for (;;) {
			try (SocketChannel channel = listener.accept()) {
				byte[] request = new byte[4096];
				int n = Channels.newInputStream(channel).read(request);
				String line = new String(request, 0, n, StandardCharsets.US_ASCII);

				send(channel, dir.resolve(line.split("[ ?]")[1].substring(1)));
			}
		}
	}

	static void get(int n, String url) throws Exception {
		HttpRequest request = HttpRequest.newBuilder(URI.create(url)).build();
		List<CompletableFuture<HttpResponse<byte[]>>> all = new ArrayList<>();

		/* A client each: one would use one connection for some. */
		for (int i = 0; i < n; i++) {
			HttpClient client = HttpClient.newBuilder()
					.version(HttpClient.Version.HTTP_1_1).build();

			all.add(client.sendAsync(request, HttpResponse.BodyHandlers.ofByteArray()));
		}
		for (CompletableFuture<HttpResponse<byte[]>> one : all) {
			MessageDigest hash = MessageDigest.getInstance("SHA-256");

			System.out.println(HexFormat.of().formatHex(hash.digest(one.get().body())));
		}
		System.exit(0);
	}

	public static void main(String[] args) throws Exception {
		switch (args[0]) {
		case "serve" -> serve(Integer.parseInt(args[1]), Path.of(args[2]));
		case "given" -> given(Path.of(args[1]));
		case "get" -> get(Integer.parseInt(args[1]), args[2]);
		default -> System.exit(2);
		}
	}
}
