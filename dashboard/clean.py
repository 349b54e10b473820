"""Remove what strangers have filled a server with.

`python -m dashboard.clean 2026-11-29T10:00 2026-11-29T10:20` lists the people who began their first thing
here between two moments, and with --remove deletes all that is theirs, while the server is stopped. Nobody
who came before or after is touched. DIGIT_LAB_HOME names the home folder, as for the server.
"""

import argparse
from datetime import datetime

from dashboard.lab.job_files import files_with
from dashboard.lab.job_list import JobList, delete_list
from dashboard.lab.newcomers import came_between
from dashboard.server.home_lock import claim_home
from mnist_core.storage.drawings_zip import drawing_store


def main(arguments: list[str] | None = None) -> None:
    """List who came between two moments, or remove what they began."""
    parser = argparse.ArgumentParser(prog="python -m dashboard.clean", description=__doc__.splitlines()[0])
    parser.add_argument("begin", type=datetime.fromisoformat, help="such as 2026-11-29T10:00")
    parser.add_argument("end", type=datetime.fromisoformat, help="the moment after the last")
    parser.add_argument("--remove", action="store_true", help="delete it; stop the server first")
    asked = parser.parse_args(arguments)
    if asked.remove:
        claim_home()
    people = list(dict.fromkeys(came_between(asked.begin, asked.end)))
    jobs = drawings = 0
    for person_id in people:
        listed = [job.job_id for job in JobList(person_id) if job.own]
        jobs += len(listed)
        drawings += drawing_store().size(person_id) is not None
        if asked.remove:
            for job_id in listed:
                files_with(job_id).path(job_id).unlink(missing_ok=True)
            drawing_store().path(person_id).unlink(missing_ok=True)
            delete_list(person_id)
    did = "Removed" if asked.remove else "Found"
    print(f"{did} {len(people)} people with {jobs} runs and maps, {drawings} of them with drawings.")


if __name__ == "__main__":
    main()
