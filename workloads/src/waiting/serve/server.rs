//! The ways of serving connections. Each returns when every connection that the plan has was served.

use super::{MESSAGE, Plan, event_loop, http, number_of, reply};
use crate::Failure;
use crate::os::child::Child;
use crate::os::clock;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::thread::JoinHandle;

/// A server that stands ready: what is made beforehand is made.
pub(super) enum Server {
    Sequential(TcpListener, Plan),
    Thread(TcpListener, Plan),
    Process(TcpListener, Plan),
    Pool(Arc<TcpListener>, Vec<JoinHandle<()>>),
    Prefork(Vec<Child>),
    Epoll(TcpListener, Plan),
    Tokio(TcpListener, Plan, tokio::runtime::Runtime),
}

fn accept(listener: &TcpListener) -> Result<TcpStream, Failure> {
    let (stream, _) = listener.accept().map_err(Failure::of("accept a connection"))?;
    stream.set_nodelay(true).map_err(Failure::of("set TCP_NODELAY"))?;
    Ok(stream)
}

/// Answers every request on one connection until the other side closes it, blocking meanwhile.
fn answer_all(mut stream: TcpStream, plan: Plan) {
    if plan.http {
        // hyper is asynchronous: a runtime of its own blocks on this one connection.
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            if stream.set_nonblocking(true).is_ok()
                && let Ok(stream) = tokio::net::TcpStream::from_std(stream)
            {
                http::serve(stream, plan.wait).await;
            }
        });
        return;
    }
    let mut message = [0; MESSAGE];
    while stream.read_exact(&mut message).is_ok() {
        if !plan.wait.is_zero() {
            clock::sleep(plan.wait);
        }
        if stream.write_all(&reply(number_of(&message))).is_err() {
            return;
        }
    }
}

impl Server {
    pub(super) fn prepare(model: &str, listener: TcpListener, plan: Plan) -> Result<Server, Failure> {
        Ok(match model {
            "sequential" => Server::Sequential(listener, plan),
            "thread" => Server::Thread(listener, plan),
            "process" => Server::Process(listener, plan),
            "pool" => Server::pool(listener, plan),
            "prefork" => Server::prefork(&listener, plan)?,
            "epoll" => Server::Epoll(listener, plan),
            _ => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                Server::Tokio(listener, plan, runtime.map_err(Failure::of("start tokio"))?)
            }
        })
    }

    fn pool(listener: TcpListener, plan: Plan) -> Server {
        let listener = Arc::new(listener);
        let worker = || {
            let listener = listener.clone();
            std::thread::spawn(move || {
                while let Ok(stream) = accept(&listener) {
                    answer_all(stream, plan);
                }
            })
        };
        let workers = (0..plan.workers).map(|_| worker()).collect();
        Server::Pool(listener.clone(), workers)
    }

    fn prefork(listener: &TcpListener, plan: Plan) -> Result<Server, Failure> {
        let worker = |_| {
            Child::fork(|| {
                while let Ok(stream) = accept(listener) {
                    answer_all(stream, plan);
                }
                0
            })
        };
        Ok(Server::Prefork((0..plan.workers).map(worker).collect::<Result<_, _>>()?))
    }

    pub(super) fn serve(self, client: &mut Child) -> Result<(), Failure> {
        match self {
            Server::Sequential(listener, plan) => {
                for _ in 0..plan.accepted() {
                    answer_all(accept(&listener)?, plan);
                }
                Ok(())
            }
            Server::Thread(listener, plan) => {
                let mut threads = Vec::new();
                for _ in 0..plan.accepted() {
                    let stream = accept(&listener)?;
                    threads.push(std::thread::spawn(move || answer_all(stream, plan)));
                }
                threads.into_iter().try_for_each(|t| t.join().map_err(|_| Failure::wrong("a server thread panicked")))
            }
            Server::Process(listener, plan) => by_processes(&listener, plan),
            Server::Pool(listener, workers) => {
                client.wait()?;
                // Workers block in accept; shutting a listening socket down makes it return.
                // SAFETY: the descriptor is open.
                unsafe { libc::shutdown(listener.as_raw_fd(), libc::SHUT_RDWR) };
                workers.into_iter().try_for_each(|t| t.join().map_err(|_| Failure::wrong("a pool thread panicked")))
            }
            // Dropping the workers ends them.
            Server::Prefork(_workers) => client.wait().map(|_| ()),
            Server::Epoll(listener, plan) => event_loop::serve(&listener, plan),
            Server::Tokio(listener, plan, runtime) => by_tokio(listener, plan, &runtime),
        }
    }
}

/// A process for each connection. Those that have ended are reaped on the way, so that they do not pile up.
fn by_processes(listener: &TcpListener, plan: Plan) -> Result<(), Failure> {
    let mut children: Vec<Child> = Vec::new();
    for _ in 0..plan.accepted() {
        let stream = accept(listener)?;
        children.push(Child::fork(|| {
            answer_all(stream, plan);
            0
        })?);
        let mut alive = Vec::with_capacity(children.len());
        for mut child in children {
            if child.try_wait()?.is_none() {
                alive.push(child);
            }
        }
        children = alive;
    }
    children.iter_mut().try_for_each(|child| child.succeed("a server process"))
}

/// A task for each connection, all on this thread.
fn by_tokio(listener: TcpListener, plan: Plan, runtime: &tokio::runtime::Runtime) -> Result<(), Failure> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    runtime
        .block_on(async {
            listener.set_nonblocking(true)?;
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let mut connections = Vec::new();
            for _ in 0..plan.accepted() {
                let (mut stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                connections.push(tokio::spawn(async move {
                    if plan.http {
                        return http::serve(stream, plan.wait).await;
                    }
                    let mut message = [0; MESSAGE];
                    while stream.read_exact(&mut message).await.is_ok() {
                        if !plan.wait.is_zero() {
                            tokio::time::sleep(plan.wait).await;
                        }
                        if stream.write_all(&reply(number_of(&message))).await.is_err() {
                            return;
                        }
                    }
                }));
            }
            for connection in connections {
                connection.await.map_err(std::io::Error::other)?;
            }
            Ok::<(), std::io::Error>(())
        })
        .map_err(Failure::of("serve by tokio"))
}
