// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! ask HOST PORT [ADDRESS]: asks a server for / and prints what it answers.
//! ask --serve PORT [CREDENTIAL]: answers every request with a line.
//!
//! Streams and listeners of std's; TLS was asked for on their sockets: of a listener also when it
//! listens already; a client's is made by hand, since std has none that is not connected.
//! <linux/sealsock_hold.h> has the structure.
use std::io::{copy, stdout, Error, ErrorKind, Read, Result, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::os::raw::{c_int, c_void};
use std::os::unix::io::{AsRawFd, FromRawFd};

const SOL_TLS: c_int = 282;
const IPPROTO_TCP: c_int = 6;
const TCP_ULP: c_int = 31;
const SEALSOCK_ROLE: c_int = 0x530b;
const SERVE: u32 = 1;
const CONNECT: u32 = 2;

#[repr(C)]
struct Role {
    role: u32,
    flags: u32,
    client_certificate: u32,
    alpn_len: u16,
    reserved: u16,
    credential: [u8; 64],
    trust: [u8; 64],
    profile: [u8; 64],
    host: [u8; 256],
    alpn: [u8; 256],
}

/// struct sockaddr_in
#[repr(C)]
struct Address {
    family: u16,
    port: [u8; 2],
    address: [u8; 4],
    zero: [u8; 8],
}

extern "C" {
    fn setsockopt(fd: c_int, level: c_int, name: c_int, value: *const c_void, len: u32) -> c_int;
    fn socket(domain: c_int, kind: c_int, protocol: c_int) -> c_int;
    fn connect(fd: c_int, address: *const Address, len: u32) -> c_int;
}

fn done(result: c_int) -> Result<c_int> {
    if result < 0 {
        return Err(Error::last_os_error());
    }
    Ok(result)
}

fn wrong(what: &str) -> Error {
    Error::new(ErrorKind::InvalidInput, what)
}

fn name<const N: usize>(text: &str) -> Result<[u8; N]> {
    let mut out = [0; N];

    if text.len() >= N {
        return Err(wrong("a name is too long"));
    }
    out[..text.len()].copy_from_slice(text.as_bytes());
    Ok(out)
}

fn ask_for_tls(socket: &impl AsRawFd, role: u32, credential: &str, host: &str) -> Result<()> {
    let fd = socket.as_raw_fd();
    let ulp = b"sealsock";
    let role = Role {
        role,
        flags: 0,
        client_certificate: 0,
        alpn_len: 0,
        reserved: 0,
        credential: name(credential)?,
        trust: [0; 64],
        profile: [0; 64],
        host: name(host)?,
        alpn: [0; 256],
    };

    unsafe {
        done(setsockopt(fd, IPPROTO_TCP, TCP_ULP, ulp.as_ptr().cast(), ulp.len() as u32))?;
        let len = std::mem::size_of::<Role>() as u32;
        done(setsockopt(fd, SOL_TLS, SEALSOCK_ROLE, (&role as *const Role).cast(), len))?;
    }
    Ok(())
}

fn serve(port: u16, credential: &str) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port))?;

    ask_for_tls(&listener, SERVE, credential, "")?;
    for stream in listener.incoming() {
        let mut stream = stream?; // its handshake is done
        let mut request = [0; 4096];

        if stream.read(&mut request).is_ok() {
            let _ = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\nhello from Rust\n");
        }
    }
    Ok(())
}

/// A stream to a server that has proven to be @host.
fn dial(host: &str, port: u16, address: &str) -> Result<TcpStream> {
    let found = (address, port).to_socket_addrs()?.find(|a| a.is_ipv4());
    let address = match found {
        Some(SocketAddr::V4(v4)) => v4,
        _ => return Err(wrong("no address")),
    };
    let to = Address {
        family: 2,
        port: port.to_be_bytes(),
        address: address.ip().octets(),
        zero: [0; 8],
    };

    unsafe {
        let stream = TcpStream::from_raw_fd(done(socket(2, 1, 0))?);

        ask_for_tls(&stream, CONNECT, "", host)?;
        done(connect(stream.as_raw_fd(), &to, std::mem::size_of::<Address>() as u32))?;
        Ok(stream)
    }
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let arg = |i: usize| args.get(i).map_or("", |s| s.as_str());
    let port = arg(1).parse().map_err(|_| wrong("ask HOST PORT [ADDRESS]"))?;

    if arg(0) == "--serve" {
        return serve(port, arg(2));
    }
    let mut stream = dial(arg(0), port, if args.len() > 2 { arg(2) } else { arg(0) })?;
    stream.write_all(format!("GET / HTTP/1.0\r\nHost: {}\r\n\r\n", arg(0)).as_bytes())?;
    copy(&mut stream, &mut stdout())?;
    Ok(())
}
