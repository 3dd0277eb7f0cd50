"""A mail server in the place of a hospital's."""

from __future__ import annotations

import socketserver
import threading
from dataclasses import dataclass, field


@dataclass
class StandInMailServer:
    """Speaks as much SMTP as it takes. `refuses`: the answer to a recipient; `hangs_up`: in the middle of a letter."""

    refuses: str = ""
    hangs_up: bool = False
    letters: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.answer("220 ready")
                for line in self.rfile:
                    word = line.strip().upper()
                    if word == b"DATA":
                        self.answer("354 go on")
                        letter = b"".join(iter(self.rfile.readline, b".\r\n"))
                        if outer.hangs_up:
                            return
                        outer.letters.append(letter)
                        self.answer("250 taken")
                    elif word == b"QUIT":
                        return self.answer("221 bye")
                    elif word.startswith(b"RCPT") and outer.refuses:
                        self.answer(outer.refuses)
                    else:
                        self.answer("250 ok")

            def answer(self, line: str) -> None:
                self.wfile.write(f"{line}\r\n".encode())

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def place(self) -> tuple[str, int]:
        return ("127.0.0.1", self.server.server_address[1])

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
