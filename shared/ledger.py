"""A ledger as others see it: served over gRPC by its owner, read over gRPC by a projector."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import grpc.aio
from google.protobuf.timestamp_pb2 import Timestamp
from tandem.ledger.v1 import ledger_pb2, ledger_pb2_grpc

from shared.census import Head, Heads, Stream
