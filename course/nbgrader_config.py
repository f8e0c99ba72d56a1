"""Settings for nbgrader in this folder, the root of the course. Everything not named here is nbgrader's default."""

c = get_config()  # noqa: F821  (nbgrader defines it)

c.CourseDirectory.course_id = "light_networks"
c.Execute.timeout = 300  # seconds for one cell; nbgrader's 30 is short for a lesson that trains a network
